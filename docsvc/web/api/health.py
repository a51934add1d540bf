"""Whether the service is alive and can reach its database."""

import logging

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from docsvc.web.api.schemas import Health
from docsvc.web.deps import ServicesDep

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": Health, "description": "Not ready"}})
def health(services: ServicesDep, response: Response) -> Health:
    """Say that the process answers, and whether the database does."""
    try:
        with services.transactions() as tx:
            tx.execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.warning("health.database-away")
        response.status_code = 503
        return Health(live=True, ready=False)
    return Health(live=True, ready=True)
