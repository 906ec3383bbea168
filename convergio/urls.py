"""Addresses of the product."""

from django.contrib import admin
from django.urls import include, path

from convergio.api import api
from convergio.workspaces import views as workspaces

admin.autodiscover()

handler400 = "convergio.pages.bad_request"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("account/", include("allauth.account.urls")),
    path("workspace/<uuid:id>/", workspaces.workspace_choice, name="workspace_choice"),
    path("", include("convergio.notifications.urls")),
    path("", include("executions.urls")),
    path("", include("workflows.urls")),
    path("", include("approvals.urls")),
    path("", include("agents.urls")),
]
