"""Addresses of the agent catalogue and of notices."""

from django.urls import path

from agents import views

urlpatterns = [
    path("agents/", views.agent_list, name="agent_list"),
    path("agents/<slug:slug>/", views.agent_detail, name="agent_detail"),
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/reading/", views.notice_reading, name="notice_reading"),
]
