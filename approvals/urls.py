"""Addresses of approvals."""

from django.urls import path

from approvals import views

urlpatterns = [
    path("approvals/", views.approval_list, name="approval_list"),
    path("approvals/<uuid:id>/", views.approval_detail, name="approval_detail"),
    path("approvals/<uuid:id>/decision/", views.decision, name="approval_decision"),
]
