"""Rules for the accounts, the profiles and the domain of Windows."""

from collections.abc import Iterator, Mapping, Sequence

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.guest.guest_facts import FactValue
from pulumi_vmimport.disk.rules.fact_reader import FactChecks, FactReader
from pulumi_vmimport.disk.rules.text_format import name_list

_BYOL_ACCOUNT = "workspaces_byol"
_ADMINISTRATOR_RID = 500
_USER_SIDS = ("S-1-5-21-", "S-1-12-1-")
"""Local and domain accounts; accounts of Microsoft Entra ID"""
_BACKUP = ".bak"

_Entries = Sequence[Mapping[str, FactValue]]


def _accounts(facts: FactReader) -> _Entries:
    accounts = facts.entries("accounts")
    if accounts is None:
        raise UnknownFactError(facts.shown("accounts"))
    return accounts


def _byol_account(facts: FactReader) -> Mapping[str, FactValue] | None:
    return next((a for a in _accounts(facts) if str(a.get("name")).lower() == _BYOL_ACCOUNT), None)


def _byol_account_missing(facts: FactReader) -> Iterator[str]:
    if _byol_account(facts) is None:
        names = [account.get("name") for account in _accounts(facts)]
        yield f"{facts.evidence('accounts')} has {name_list(names) or 'no account'}"


def _byol_account_disabled(facts: FactReader) -> Iterator[str]:
    account = _byol_account(facts)
    if account is not None and account.get("enabled") is not True:
        yield f"{facts.evidence('accounts')}: {account.get('name')} is disabled"


def _byol_account_not_administrator(facts: FactReader) -> Iterator[str]:
    account = _byol_account(facts)
    if account is None:
        return
    if account.get("is_administrator") is None:
        raise UnknownFactError("the members of the group Administrators could not be read")
    if account["is_administrator"] is False:
        yield f"{facts.evidence('accounts')}: {account.get('name')} is not in Administrators"


def _administrator_disabled(facts: FactReader) -> Iterator[str]:
    for account in _accounts(facts):
        if account.get("rid") == _ADMINISTRATOR_RID and account.get("enabled") is not True:
            yield f"{facts.evidence('accounts')}: {account.get('name')} is disabled"


def _password_missing(facts: FactReader) -> Iterator[str]:
    enabled = [account for account in _accounts(facts) if account.get("enabled") is True]
    without = [account.get("name") for account in enabled if account.get("has_password") is False]
    if without:
        yield f"{facts.evidence('accounts')}, enabled and without a password: {name_list(without)}"
        return
    unclear = [account.get("name") for account in enabled if account.get("has_password") is None]
    if unclear:
        raise UnknownFactError(f"whether {name_list(unclear)} has a password could not be read")


def _user_profiles(facts: FactReader) -> _Entries:
    profiles = facts.entries("profiles")
    if profiles is None:
        raise UnknownFactError(facts.shown("profiles"))
    return [profile for profile in profiles if _is_of_user(str(profile.get("sid")))]


def _is_of_user(sid: str) -> bool:
    return sid.upper().startswith(_USER_SIDS) and not sid.lower().endswith(_BACKUP)


def _several_profiles(facts: FactReader) -> Iterator[str]:
    profiles = _user_profiles(facts)
    if len(profiles) > 1:
        paths = [profile.get("path") for profile in profiles]
        yield f"{facts.evidence('profiles')}, {len(profiles)} users: {name_list(paths)}"


def _profile_missing(facts: FactReader) -> Iterator[str]:
    profiles = _user_profiles(facts)
    missing = [profile.get("path") for profile in profiles if profile.get("has_files") is False]
    if missing:
        yield f"{facts.evidence('profiles')}, without NTUSER.DAT: {name_list(missing)}"
        return
    unclear = [profile.get("path") for profile in profiles if profile.get("has_files") is None]
    if unclear:
        raise UnknownFactError(f"whether {name_list(unclear)} exists could not be read")


def _domain(facts: FactReader) -> Iterator[str]:
    if facts.text("domain.sid"):
        yield f"{facts.shown('domain.sid')}, domain {_domain_name(facts)}"


def _domain_name(facts: FactReader) -> str:
    try:
        return facts.text("domain.name") or "without a name"
    except UnknownFactError:
        return "of unknown name"


def _entra(facts: FactReader) -> Iterator[str]:
    joins = facts.strings("entra.joins")
    if joins:
        yield f"{facts.evidence('entra.joins')} has {name_list(joins)}"


def _automatic_logon(facts: FactReader) -> Iterator[str]:
    if facts.text("logon.automatic") == "1":
        yield f"{facts.shown('logon.automatic')}, expected 0"


CHECKS: FactChecks = {
    "windows-domain-joined": (_domain,),
    "windows-entra-joined": (_entra,),
    "windows-byol-account-missing": (_byol_account_missing,),
    "windows-byol-account-disabled": (_byol_account_disabled,),
    "windows-byol-account-not-administrator": (_byol_account_not_administrator,),
    "windows-administrator-disabled": (_administrator_disabled,),
    "windows-password-missing": (_password_missing,),
    "windows-several-profiles": (_several_profiles,),
    "windows-profile-missing": (_profile_missing,),
    "windows-automatic-logon": (_automatic_logon,),
}
