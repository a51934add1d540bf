"""The steps of a document's road; each knows the document and none of the others."""

# What judges a file; who asks for a verdict does without.
JUDGES = ("verification.revocation", "verification.verify")
# Imported once by the process that the children fork from.
PRELOAD = (
    "docsvc.steps.classify.tasks",
    "docsvc.steps.inspect.tasks",
    "docsvc.steps.sign.handout_tasks",
    "docsvc.steps.sign.tasks",
    "docsvc.steps.sign.token",
    "docsvc.steps.timestamp.tasks",
    "docsvc.steps.verify.evidence",
    "docsvc.steps.verify.report_tasks",
    "docsvc.steps.verify.tasks",
    *JUDGES,
)
