"""Django with models, a database in memory, rows, forms, a rendered template and the caches that all that fills."""

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import Group, Permission, User  # noqa: E402 (only after the setup)
from django.core.management import call_command  # noqa: E402
from django.forms import modelform_factory  # noqa: E402
from django.template import engines  # noqa: E402

import snapshot_dumper  # noqa: E402

call_command("migrate", verbosity=0)
groups = [Group.objects.create(name="group %d" % number) for number in range(10)]
users = [User.objects.create(username="user%d" % number) for number in range(100)]
for number, user in enumerate(users):
    user.groups.add(groups[number % 10])
everybody = list(User.objects.prefetch_related("groups"))
permissions = {permission.codename: permission for permission in Permission.objects.select_related("content_type")}
form = modelform_factory(User, fields=["username", "email"])(instance=users[0])
page = engines["django"].from_string("{% for user in users %}{{ user.username }}{% endfor %}").render({"users": users})
snapshot_dumper.dump("snap.json")
