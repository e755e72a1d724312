"""The policy workshop."""

from django.urls import path

from fleet.policy import reading, rule_views, views

urlpatterns = [
    path("policies/", reading.policy_list, name="policy-list"),
    path("policies/begin/", views.policy_begin, name="policy-begin"),
    path("policies/<int:pk>/edit/", views.policy_edit, name="policy-edit"),
    path("policies/<int:pk>/edit/test/", views.policy_test, name="policy-test"),
    path("policies/<int:pk>/edit/try/", views.policy_try, name="policy-try"),
    path("policies/<int:pk>/edit/discard/", views.policy_discard, name="policy-discard"),
    path("policies/<int:pk>/edit/publish/", views.policy_publish, name="policy-publish"),
    path("policies/<int:pk>/edit/policy.json", views.policy_draft_file, name="policy-draft-file"),
    path("policies/<int:pk>/edit/rule/", rule_views.policy_rule, name="policy-rule"),
    path("policies/<int:pk>/edit/rule/new/", rule_views.policy_rule_new, name="policy-rule-new"),
    path(
        "policies/<int:pk>/edit/rule/remove/", rule_views.policy_rule_remove,
        name="policy-rule-remove",
    ),
    path(
        "policies/<int:pk>/edit/rule/restore/", rule_views.policy_rule_restore,
        name="policy-rule-restore",
    ),
    path("policy-versions/<int:pk>/", reading.policy_version, name="policy-version"),
    path(
        "policy-versions/<int:pk>/policy.json", reading.policy_version_file,
        name="policy-version-file",
    ),
]  # fmt: skip
