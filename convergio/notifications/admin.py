"""Looking after chats, and looking at what went out."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from convergio.notifications import chat, operations
from convergio.notifications.models import FOR_CHATS, Delivery, Kind, Notification, Webhook
from convergio.workspaces.administration import (
    ReadOnlyModelAdmin,
    WorkspaceModelAdmin,
    adopt,
    as_code,
    each,
    require_actor,
)

SHOWN_ONCE = "Copy the secret that messages are signed with, it is shown only this once: {}"
CHAT_LABELS = {
    Kind.ASKED: "Somebody is asked for an answer",
    Kind.REMINDER: "A request is due soon",
    Kind.ESCALATION: "A request that waited too long goes to others",
    Kind.CHANGED: "A request was settled",
}
"""What the kinds mean for a chat, which is nobody."""
URL_HELP = "Stored encrypted and never shown again. Leave empty to keep the stored address."


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """The address is written, never read; kinds are ticked."""

    url = forms.CharField(
        label="Address", required=False, help_text=URL_HELP, widget=UnfoldAdminPasswordWidget()
    )
    kinds = forms.MultipleChoiceField(
        choices=[(kind.value, CHAT_LABELS.get(kind, kind.label)) for kind in FOR_CHATS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    class Meta:
        model = Webhook
        fields = ("name", "url", "kinds", "is_active")


@admin.register(Webhook)
class WebhookAdmin(WorkspaceModelAdmin):
    """Chats that hear of some kinds of news."""

    form = WebhookForm
    list_display = ("name", "host", "kinds", "is_active", "created_at")
    list_filter = ("is_active",)
    actions = ("send_test", "renew_secret")
    actions_detail: Any = ("send_this_test",)

    @admin.display(description="Host")
    def host(self, hook: Webhook) -> str:
        """Return as much of the address as may be shown."""
        return chat.host_of(hook.url)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a webhook; an empty address keeps the stored one."""
        by, facts = require_actor(request), dict(form.cleaned_data)
        if change:
            stored = Webhook.objects.get(pk=obj.pk)
            adopt(obj, operations.update_webhook(stored, by=by, **facts))
            return
        is_active = facts.pop("is_active")
        made = operations.create_webhook(by=by, **facts)
        messages.warning(request, SHOWN_ONCE.format(made.secret))
        adopt(obj, made if is_active else operations.update_webhook(made, by=by, is_active=False))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Have a chat hear no more."""
        operations.delete_webhook(obj, by=require_actor(request))

    @action(description="Send a test")
    def send_test(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Send a test to each chosen chat."""
        for hook in queryset:
            messages.info(request, operations.try_webhook(hook, by=require_actor(request)))

    @action(description="Sign with a new secret")
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Replace the secrets of the chosen chats and show them once."""
        for hook in queryset:
            secret = operations.renew_secret(hook, by=require_actor(request))
            messages.warning(request, f"{hook}: {SHOWN_ONCE.format(secret)}")

    @action(description="Send a test", url_path="send-test")
    def send_this_test(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send a test to this chat."""
        hook = self.get_object(request, object_id)
        if hook is not None:
            messages.info(request, operations.try_webhook(hook, by=require_actor(request)))
        return redirect("admin:notifications_webhook_change", object_id)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    """Mails and messages: what went out, what waits, what could not be sent and why."""

    list_display = ("created_at", "channel", "recipient", "subject", "status", "attempts", "sent_at", "error")
    list_filter = ("status", "channel")
    search_fields = ("recipient", "subject")
    date_hierarchy = "created_at"
    actions = ("send_again",)
    fields = (
        "channel",
        "recipient",
        "subject",
        "status",
        "attempts",
        "next_at",
        "created_at",
        "sent_at",
        "error",
        "content",
        "message",
    )
    readonly_fields = fields

    @admin.display(description="Text")
    def content(self, delivery: Delivery) -> SafeString:
        """Return a mail as it was sent, without the secret parts of its links."""
        return format_html('<pre style="white-space: pre-wrap">{}</pre>', delivery.text or "not written yet")

    @admin.display(description="Message")
    def message(self, delivery: Delivery) -> SafeString:
        """Return what a chat was sent."""
        return as_code(delivery.payload)

    @action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Put the chosen ones back into the outbox."""
        by = require_actor(request)
        each(request, queryset, lambda row: operations.send_again(row, by=by), "Put back into the outbox")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyModelAdmin):
    """Who was told what."""

    list_display = ("created_at", "user", "kind", "title", "read_at")
    list_filter = ("kind",)
    search_fields = ("title", "user__email")
    date_hierarchy = "created_at"
    fields = readonly_fields = ("user", "actor", "kind", "title", "body", "url", "created_at", "read_at")
