"""Whether the service is alive and can reach its database."""

import logging

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from docsvc.steps.sign import waiting
from docsvc.web.api.schemas import Health
from docsvc.web.deps import ServicesDep

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": Health, "description": "Not ready"}})
def health(services: ServicesDep, response: Response) -> Health:
    """Say that the process answers, and whether the database does."""
    try:
        with services.transactions() as tx:
            left = waiting.orphans(tx, services.requests.providers)
    except SQLAlchemyError:
        log.warning("health.database-away")
        response.status_code = 503
        return Health(live=True, ready=False)
    return Health(live=True, ready=True, requests_without_provider=sum(left.values()))
