"""Forms of the account pages. allauth's own lose the placeholders that would only repeat their labels."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from musicsite.models import ApiToken, User


class Quiet(forms.Form):
    """A form whose fields say what they are once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(Quiet, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or e-mail")
        self.fields["remember"].label = _("Stay logged in on this device")


class SignupForm(Quiet, allauth.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].help_text = _("What others see beside pieces that you share.")
        self.fields["email"].label = _("E-mail")
        self.fields["email"].help_text = _("To find your way back when a password is forgotten. For nothing else.")
        self.fields["password1"].help_text = _("At least eight characters; a few plain words are good.")


class ResetPasswordForm(Quiet, allauth.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Quiet, allauth.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(Quiet, allauth.ChangePasswordForm):
    pass


class SetPasswordForm(Quiet, allauth.SetPasswordForm):
    pass


class AddEmailForm(Quiet, allauth.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New address")

    def save(self, request: HttpRequest) -> EmailAddress:
        """The new address counts once it is confirmed; but one that never was confirmed is replaced at once."""
        address = super().save(request)
        if address.pk and EmailAddress.objects.get_verified(self.user) is None:
            address.set_as_primary()
        return address


class ReauthenticateForm(Quiet, allauth.ReauthenticateForm):
    pass


class ProfileForm(forms.ModelForm):
    """The name that others see."""

    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": _("User name")}
        help_texts = {"username": _("What others see beside pieces that you share.")}

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if name.lower() == User.objects.get(pk=self.instance.pk).username.lower():
            return name
        return get_adapter().clean_username(name)  # type: ignore[no-any-return]


class TokenForm(forms.ModelForm):
    """A new token's name."""

    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": _("What is it for?")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}


class DeleteForm(forms.Form):
    """Proof that it is really them who wants to leave: the password, or the name where there is no password."""

    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            self.fields["password"].label = _("Your user name")
            self.fields["password"].widget = forms.TextInput(attrs={"autocomplete": "off"})

    def clean_password(self) -> str:
        given: str = self.cleaned_data["password"]
        if self.user.has_usable_password():
            if not self.user.check_password(given):
                raise forms.ValidationError(gettext("This is not your password. Nothing was deleted."))
        elif given != self.user.username:
            raise forms.ValidationError(gettext("This is not your user name. Nothing was deleted."))
        return given
