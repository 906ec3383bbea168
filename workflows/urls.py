"""Addresses of workflows and of the gallery."""

from django.urls import path

from workflows import views

urlpatterns = [
    path("workflows/", views.workflow_list, name="workflow_list"),
    path("workflows/new/", views.workflow_new, name="workflow_new"),
    path("workflows/import/", views.workflow_import, name="workflow_import"),
    path("workflows/<slug:slug>/", views.workflow_detail, name="workflow_detail"),
    path("workflows/<slug:slug>/facts/", views.facts, name="workflow_facts"),
    path("workflows/<slug:slug>/draft/", views.draft, name="workflow_draft"),
    path("workflows/<slug:slug>/versions/", views.versions, name="workflow_versions"),
    path("workflows/<slug:slug>/versions/<int:number>/", views.version, name="workflow_version"),
    path(
        "workflows/<slug:slug>/versions/<int:number>/restoration/",
        views.restoration,
        name="workflow_restoration",
    ),
    path("workflows/<slug:slug>/comparison/", views.comparison, name="workflow_comparison"),
    path("workflows/<slug:slug>/publication/", views.publication, name="workflow_publication"),
    path("workflows/<slug:slug>/publication/review/", views.publication_review, name="workflow_review"),
    path("workflows/<slug:slug>/findings/", views.finding_list, name="workflow_findings"),
    path("workflows/<slug:slug>/editor/", views.editor, name="workflow_editor"),
    path("workflows/<slug:slug>/changes/", views.changes, name="workflow_changes"),
    path("workflows/<slug:slug>/changes/undo/", views.undo, name="workflow_undo"),
    path("workflows/<slug:slug>/changes/redo/", views.redo, name="workflow_redo"),
    path("workflows/<slug:slug>/presence/", views.presence, name="workflow_presence"),
    path("templates/<slug:slug>/steps/", views.template_fragment, name="workflow_fragment"),
    path("workflows/<slug:slug>/panel/", views.workflow_panel, name="workflow_panel"),
    path("workflows/<slug:slug>/steps/<slug:step>/panel/", views.step_panel, name="workflow_step_panel"),
    path("workflows/<slug:slug>/export/", views.export, name="workflow_export"),
    path("workflows/<slug:slug>/picture.svg", views.workflow_picture, name="workflow_picture"),
    path("workflows/<slug:slug>/outline/", views.workflow_outline, name="workflow_outline"),
    path("workflows/<slug:slug>/copies/", views.copy, name="workflow_copy"),
    path("workflows/<slug:slug>/archival/", views.archive, name="workflow_archive"),
    path("workflows/<slug:slug>/deletion/", views.deletion, name="workflow_deletion"),
    path("templates/", views.template_list, name="template_list"),
    path("templates/<slug:slug>/", views.template_detail, name="template_detail"),
]
