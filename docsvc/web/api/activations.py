"""Keys whose holder types a PIN or a one-time code: what is wanted, send a code, sign."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from docsvc.steps.sign.activation import Typing
from docsvc.web.api.schemas import RequestOut
from docsvc.web.deps import ApiCallerDep, ServicesDep

router = APIRouter(prefix="/signatures/{transaction}", tags=["signatures"])

# Of a PIN and of a code; services take some 4 to 16 characters.
MOST = 64

Transaction = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f]{32}$")]
_Secret = Annotated[SecretStr, Field(max_length=MOST)]


class ActivationIn(BaseModel):
    """What the holder typed; it is passed on once and kept nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pin: _Secret = SecretStr("")
    code: _Secret = SecretStr("")


class TypingOut(BaseModel):
    """A request that this account said yes to, and what its holder has to type now."""

    model_config = ConfigDict(frozen=True)

    request: RequestOut
    documents: list[UUID]
    wants_pin: bool
    wants_code: bool
    one_is_enough: Annotated[bool, Field(description="The PIN or the code will do")]
    sends_code: Annotated[bool, Field(description="The service sends the code when told to")]
    codes_sent: int

    @classmethod
    def of(cls, one: Typing) -> Self:
        """Show a request."""
        factors = one.typed.factors if one.typed else frozenset()
        return cls(
            request=RequestOut.model_validate(one.request),
            documents=[document.id for document in one.documents],
            wants_pin="PIN" in factors,
            wants_code="OTP" in factors,
            one_is_enough=one.typed is not None and one.typed.any_is_enough,
            sends_code=one.typed is not None and one.typed.sends_code,
            codes_sent=one.codes_sent,
        )


@router.get("")
def one(transaction: Transaction, services: ServicesDep, caller: ApiCallerDep) -> TypingOut:
    """Say what has to be typed for a request of the caller's."""
    return TypingOut.of(services.activations.view(transaction, account=caller.login))


@router.post("/code")
def send_code(transaction: Transaction, services: ServicesDep, caller: ApiCallerDep) -> TypingOut:
    """Have the signing service send a one-time code to the holder."""
    services.activations.send_code(transaction, account=caller.login)
    return one(transaction, services, caller)


@router.post("/activate")
def activate(
    transaction: Transaction, typed: ActivationIn, services: ServicesDep, caller: ApiCallerDep
) -> TypingOut:
    """Sign with what the holder typed; a wrong PIN or code leaves the request as it was."""
    services.activate(
        transaction,
        pin=typed.pin.get_secret_value(),
        code=typed.code.get_secret_value(),
        account=caller.login,
    )
    return one(transaction, services, caller)
