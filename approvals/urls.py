"""Addresses of approvals."""

from django.urls import path

from approvals import views
from approvals.link_page import answer_link

urlpatterns = [
    path("answer/<str:token>/", answer_link, name="answer_link"),
    path("approvals/", views.approval_list, name="approval_list"),
    path("approvals/decisions/", views.decisions, name="approval_decisions"),
    path("approvals/filters/", views.filters, name="approval_filters"),
    path("approvals/filters/<uuid:id>/deletion/", views.filter_deletion, name="approval_filter_deletion"),
    path("approvals/absences/", views.absences, name="absence_list"),
    path("approvals/absences/<uuid:id>/end/", views.absence_end, name="absence_end"),
    path("approvals/<uuid:id>/", views.approval_detail, name="approval_detail"),
    path("approvals/<uuid:id>/decision/", views.decision, name="approval_decision"),
    path("approvals/<uuid:id>/claim/", views.claim, name="approval_claim"),
    path("approvals/<uuid:id>/delegation/", views.delegation, name="approval_delegation"),
    path("approvals/<uuid:id>/comments/", views.comments, name="approval_comments"),
    path("approvals/<uuid:id>/watch/", views.watch, name="approval_watch"),
]
