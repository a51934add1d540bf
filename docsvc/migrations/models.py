"""Every table of the service, imported for its side effect on the metadata."""

from docsvc.access import tables as access
from docsvc.audit import tables as audit
from docsvc.db.base import Base
from docsvc.documents import tables as documents
from docsvc.jobs import tables as jobs
from docsvc.organisations import tables as organisations
from docsvc.revocation import tables as revocation
from docsvc.statistics import tables as statistics
from docsvc.steps.deposit import tables as deposit
from docsvc.steps.register import tables as register
from docsvc.steps.sign import tables as sign
from docsvc.steps.verify import tables as verify
from docsvc.timestamps import tables as timestamps

MODULES = (
    access,
    audit,
    deposit,
    documents,
    jobs,
    organisations,
    register,
    revocation,
    sign,
    statistics,
    timestamps,
    verify,
)
METADATA = Base.metadata
