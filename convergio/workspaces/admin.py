"""Looking after people, workspaces, groups and API keys."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group as PermissionGroup
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminEmailInputWidget

from convergio.workspaces import operations
from convergio.workspaces.administration import (
    WorkspaceModelAdmin,
    actor_of,
    adopt,
    each,
    require_actor,
)
from convergio.workspaces.models import ApiKey, Group, Member, User, Workspace
from convergio.workspaces.permissions import SCOPES

admin.site.unregister(PermissionGroup)
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]
"""One way to sign in, which slows down who guesses."""


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People and their passwords; for superusers."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    search_fields = ("email", "name")
    list_filter = ("is_active", "is_staff")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets: Any = ((None, {"fields": ("email", "name", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")


@admin.register(Workspace)
class WorkspaceAdmin(WorkspaceModelAdmin):
    """The current workspace."""

    list_display = ("name", "slug", "time_zone", "created_at")
    fields = ("name", "slug", "time_zone", "created_at")
    readonly_fields = ("slug", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        """Return the current workspace alone."""
        actor = actor_of(request)
        return Workspace.objects.filter(pk=actor.workspace.pk) if actor else Workspace.objects.none()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Workspaces are made on the command line."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A workspace with all its runs is not deleted by a click."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Rename."""
        by = require_actor(request)
        adopt(obj, operations.update_workspace(name=obj.name, time_zone=obj.time_zone, by=by))


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new member is named by e-mail address."""

    email = forms.EmailField(required=False, widget=UnfoldAdminEmailInputWidget())

    class Meta:
        model = Member
        fields = ("role",)

    def clean(self) -> dict[str, Any] | None:
        """Ask for the address of somebody new."""
        cleaned = super().clean()
        if self.instance.pk is None and not self.cleaned_data.get("email"):
            self.add_error("email", "Whom do you want to let in?")
        return cleaned


@admin.register(Member)
class MemberAdmin(WorkspaceModelAdmin):
    """Who is in the workspace, and as what."""

    form = MemberForm
    list_display = ("user", "email", "role", "created_at")
    list_filter = ("role",)
    search_fields = ("user__email", "user__name")

    @admin.display(description="E-mail")
    def email(self, member: Member) -> str:
        """Return the address."""
        return member.user.email

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for an address only once."""
        return ("user", "role") if obj else ("email", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A member stays the same person."""
        return ("user",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let in, or change the role."""
        by, role = require_actor(request), form.cleaned_data["role"]
        if change:
            adopt(obj, operations.change_role(obj, role, by=by))
        else:
            adopt(obj, operations.add_member(form.cleaned_data["email"], role, by=by))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let out."""
        operations.remove_member(obj, by=require_actor(request))


@admin.register(Group)
class GroupAdmin(WorkspaceModelAdmin):
    """Groups that approvals are addressed to."""

    list_display = ("name", "slug", "people")
    fields = ("name", "slug", "members")
    filter_horizontal = ("members",)
    prepopulated_fields = {"slug": ("name",)}

    @admin.display(description="Members")
    def people(self, group: Group) -> str:
        """Return the members' names."""
        return ", ".join(str(member.user) for member in group.members.select_related("user")) or "nobody"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Requests name a group by its slug, so it stays."""
        return ("slug", "name") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Make the slug from the name of a new group."""
        return {} if obj else self.prepopulated_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a group."""
        if not change:
            adopt(obj, operations.create_group(name=obj.name, slug=obj.slug, by=require_actor(request)))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Say who is in it."""
        members = list(form.cleaned_data.get("members", []))
        operations.set_group_members(form.instance, members, by=require_actor(request))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a group."""
        operations.delete_group(obj, by=require_actor(request))


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Scopes are ticked."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )

    class Meta:
        model = ApiKey
        fields = ("name", "member", "scopes", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(WorkspaceModelAdmin):
    """Keys are made and revoked, never changed; a key is shown once."""

    form = KeyForm
    list_display = ("name", "prefix", "member", "scopes", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("member",)
    search_fields = ("name", "prefix")
    fields = ("name", "member", "scopes", "expires_at")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key that is there does not change; the list still offers to revoke."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are revoked, so that the trail stays."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a key and show it once."""
        chosen = form.cleaned_data
        row, key = operations.create_api_key(
            name=chosen["name"],
            scopes=chosen["scopes"],
            member=chosen["member"],
            expires_at=chosen["expires_at"],
            by=require_actor(request),
        )
        adopt(obj, row)
        messages.warning(request, f"Copy this key now, it is shown only this once: {key}")

    @action(description="Revoke the chosen keys")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End keys at once."""
        by = require_actor(request)
        each(request, queryset, lambda key: operations.revoke_api_key(key, by=by), "Revoked")
