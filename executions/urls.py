"""Addresses of the home page, of starting, watching and reading runs."""

from django.urls import path

from executions import views

urlpatterns = [
    path("", views.home, name="home"),
    path("workflows/<slug:slug>/run/", views.workflow_run, name="workflow_run"),
    path("workflows/<slug:slug>/runs/", views.workflow_executions, name="workflow_executions"),
    path("workflows/<slug:slug>/statistics/", views.workflow_statistics, name="workflow_statistics"),
    path("workflows/<slug:slug>/seen/", views.workflow_seen, name="workflow_seen"),
    path("workflows/<slug:slug>/trial/", views.trial, name="workflow_trial"),
    path("workflows/<slug:slug>/pins/", views.pins, name="workflow_pins"),
    path("runs/", views.execution_list, name="execution_list"),
    path("runs/<uuid:id>/", views.execution_detail, name="execution_detail"),
    path("runs/<uuid:id>/output/", views.output, name="execution_output"),
    path("runs/<uuid:id>/output.<str:ending>", views.output_file, name="execution_output_file"),
    path("runs/<uuid:id>/log/", views.event_log, name="execution_log"),
    path("runs/<uuid:id>/log.jsonl", views.event_log_file, name="execution_log_file"),
    path("runs/<uuid:id>/fork/", views.fork, name="execution_fork"),
    path("runs/<uuid:id>/pins/", views.pin_run, name="execution_pins"),
    path("runs/<uuid:id>/<str:order>/", views.order, name="execution_order"),
    path("files/<uuid:id>/", views.run_file, name="run_file"),
]
