"""Addresses of news."""

from django.urls import path

from convergio.notifications import views

urlpatterns = [
    path("notifications/", views.notification_list, name="notification_list"),
    path("notifications/count/", views.notification_count, name="notification_count"),
    path("notifications/reading/", views.notification_reading, name="notification_reading"),
    path("notifications/preferences/", views.notification_preferences, name="notification_preferences"),
]
