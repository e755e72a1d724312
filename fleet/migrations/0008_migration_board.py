# The migration board: waves, windows, letters, sign-off links, the ledger.

import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import fleet.window.models
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models

from registry.together import Together



class Migration(migrations.Migration):

    dependencies = [
        ('evals', '0006_trustworthy_invariants'),
        ('fleet', '0007_accepted_risk'),
        ('registry', '0003_drafts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            migrations.CreateModel(
                name='Blackout',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('first', models.DateField()),
                    ('last', models.DateField()),
                    ('reason', models.CharField(max_length=200)),
                ],
                options={
                    'ordering': ['first'],
                },
            ),
            migrations.CreateModel(
                name='ChangeWindow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(6)]), default=fleet.window.models.workdays, size=None)),
                    ('opens', models.TimeField(default=datetime.time(9, 0))),
                    ('closes', models.TimeField(default=datetime.time(16, 0))),
                ],
            ),
            migrations.CreateModel(
                name='DecisionCode',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('code_hash', models.CharField(max_length=64)),
                    ('expires_at', models.DateTimeField()),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('used_at', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='Effort',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hours', models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0.05), django.core.validators.MaxValueValidator(1000)])),
                    ('what', models.CharField(max_length=300)),
                    ('on', models.DateField()),
                    ('at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['-on', '-at'],
                },
            ),
            migrations.CreateModel(
                name='Feedback',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('complaint', 'Complaint'), ('question', 'Question'), ('reply', 'Reply to a letter'), ('praise', 'Praise')], max_length=12)),
                    ('words', models.TextField()),
                    ('reference', models.CharField(blank=True, help_text='Ticket or mail.', max_length=300)),
                    ('minutes', models.PositiveIntegerField(default=0)),
                    ('happened_at', models.DateTimeField()),
                    ('at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['-happened_at'],
                },
            ),
            migrations.CreateModel(
                name='HistoricalBlackout',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('first', models.DateField()),
                    ('last', models.DateField()),
                    ('reason', models.CharField(max_length=200)),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ],
                options={
                    'verbose_name': 'historical blackout',
                    'verbose_name_plural': 'historical blackouts',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='HistoricalChangeWindow',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(6)]), default=fleet.window.models.workdays, size=None)),
                    ('opens', models.TimeField(default=datetime.time(9, 0))),
                    ('closes', models.TimeField(default=datetime.time(16, 0))),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ],
                options={
                    'verbose_name': 'historical change window',
                    'verbose_name_plural': 'historical change windows',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='HistoricalEffort',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('hours', models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0.05), django.core.validators.MaxValueValidator(1000)])),
                    ('what', models.CharField(max_length=300)),
                    ('on', models.DateField()),
                    ('at', models.DateTimeField(blank=True, editable=False)),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ],
                options={
                    'verbose_name': 'historical effort',
                    'verbose_name_plural': 'historical efforts',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='HistoricalLetterTemplate',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('notice', 'Notice of the change'), ('evidence', 'Evidence, with the request to sign off'), ('reminder', 'Reminder to sign off'), ('code', 'One-time code'), ('confirmation', 'Confirmation of the change'), ('rolled_back', 'Taken back')], max_length=20)),
                    ('locale', models.CharField(help_text='A language such as de, or pt-BR.', max_length=20)),
                    ('subject', models.CharField(max_length=200)),
                    ('body', models.TextField()),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ],
                options={
                    'verbose_name': 'historical letter template',
                    'verbose_name_plural': 'historical letter templates',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='HistoricalWave',
                fields=[
                    ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('name', models.CharField(blank=True, max_length=80)),
                    ('starts_on', models.DateField(blank=True, null=True)),
                    ('paused_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('paused_why', models.TextField(blank=True, editable=False)),
                    ('history_id', models.AutoField(primary_key=True, serialize=False)),
                    ('history_date', models.DateTimeField(db_index=True)),
                    ('history_change_reason', models.CharField(max_length=100, null=True)),
                    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ],
                options={
                    'verbose_name': 'historical wave',
                    'verbose_name_plural': 'historical waves',
                    'ordering': ('-history_date', '-history_id'),
                    'get_latest_by': ('history_date', 'history_id'),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name='Letter',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('notice', 'Notice of the change'), ('evidence', 'Evidence, with the request to sign off'), ('reminder', 'Reminder to sign off'), ('code', 'One-time code'), ('confirmation', 'Confirmation of the change'), ('rolled_back', 'Taken back')], max_length=20)),
                    ('locale', models.CharField(max_length=20)),
                    ('to_name', models.CharField(max_length=200)),
                    ('to_email', models.EmailField(max_length=254)),
                    ('subject', models.CharField(max_length=300)),
                    ('body', models.TextField()),
                    ('about', models.CharField(blank=True, help_text='Id of the link or code whose secret is filled in.', max_length=80)),
                    ('key', models.CharField(max_length=200, unique=True)),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                    ('problem', models.TextField(blank=True, help_text='Why it could not be sent.')),
                ],
                options={
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='LetterTemplate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('notice', 'Notice of the change'), ('evidence', 'Evidence, with the request to sign off'), ('reminder', 'Reminder to sign off'), ('code', 'One-time code'), ('confirmation', 'Confirmation of the change'), ('rolled_back', 'Taken back')], max_length=20)),
                    ('locale', models.CharField(help_text='A language such as de, or pt-BR.', max_length=20)),
                    ('subject', models.CharField(max_length=200)),
                    ('body', models.TextField()),
                ],
                options={
                    'ordering': ['kind', 'locale'],
                },
            ),
            migrations.CreateModel(
                name='LocalMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('message_id', models.CharField(max_length=300, unique=True)),
                    ('sender', models.CharField(max_length=300)),
                    ('to', models.TextField()),
                    ('subject', models.TextField()),
                    ('body', models.TextField()),
                    ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ],
                options={
                    'ordering': ['-at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='SeenEvidence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sha256', models.CharField(max_length=64, unique=True)),
                    ('html', models.TextField(help_text='A document that stands alone.')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                ],
            ),
            migrations.CreateModel(
                name='SignOffLink',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('sha256', models.CharField(max_length=64)),
                    ('model_snapshot', models.CharField(max_length=120)),
                    ('eval_hash', models.CharField(max_length=64)),
                    ('token_hash', models.CharField(max_length=64, unique=True)),
                    ('expires_at', models.DateTimeField()),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('voided_at', models.DateTimeField(blank=True, null=True)),
                    ('void_why', models.CharField(blank=True, max_length=200)),
                ],
                options={
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='Wave',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('name', models.CharField(blank=True, max_length=80)),
                    ('starts_on', models.DateField(blank=True, null=True)),
                    ('paused_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('paused_why', models.TextField(blank=True, editable=False)),
                ],
                options={
                    'ordering': ['campaign_id', 'number'],
                },
            ),
        ),
        Together(
            migrations.RemoveConstraint(
                model_name='signoff',
                name='recorded_sign_off_has_reference',
            ),
            migrations.AddField(
                model_name='campaign',
                name='by_time',
                field=models.BooleanField(default=True, help_text='Canaries go on after their soak time; else a person takes each on.'),
            ),
            migrations.AddField(
                model_name='campaign',
                name='deadline',
                field=models.DateField(blank=True, help_text='All has to be through by then; empty means no date.', null=True),
            ),
            migrations.AddField(
                model_name='campaign',
                name='margin',
                field=models.FloatField(blank=True, help_text="Largest tolerated drop for all, 0 to 1. Empty: each variant's own.", null=True, validators=[django.core.validators.MinValueValidator(0.001), django.core.validators.MaxValueValidator(1.0)]),
            ),
            migrations.AddField(
                model_name='campaign',
                name='min_pass_rate',
                field=models.FloatField(blank=True, help_text="For all of its variants, 0 to 1. Empty: each variant's own.", null=True, validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)]),
            ),
            migrations.AddField(
                model_name='campaign',
                name='most_complaints',
                field=models.PositiveIntegerField(default=0, help_text='So many complaints in the watch period are still fine.'),
            ),
            migrations.AddField(
                model_name='campaign',
                name='paused_at',
                field=models.DateTimeField(blank=True, editable=False, null=True),
            ),
            migrations.AddField(
                model_name='campaign',
                name='paused_why',
                field=models.TextField(blank=True, editable=False),
            ),
            migrations.AddField(
                model_name='campaign',
                name='plan',
                field=models.JSONField(blank=True, default=list, help_text="Steps of each variant's canary as in a release; none: live for all at once."),
            ),
            migrations.AddField(
                model_name='campaign',
                name='started_at',
                field=models.DateTimeField(blank=True, editable=False, null=True),
            ),
            migrations.AddField(
                model_name='campaign',
                name='watch_hours',
                field=models.PositiveIntegerField(default=0, help_text='How long a variant is watched after its cutover, in hours.'),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='by_time',
                field=models.BooleanField(default=True, help_text='Canaries go on after their soak time; else a person takes each on.'),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='deadline',
                field=models.DateField(blank=True, help_text='All has to be through by then; empty means no date.', null=True),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='margin',
                field=models.FloatField(blank=True, help_text="Largest tolerated drop for all, 0 to 1. Empty: each variant's own.", null=True, validators=[django.core.validators.MinValueValidator(0.001), django.core.validators.MaxValueValidator(1.0)]),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='min_pass_rate',
                field=models.FloatField(blank=True, help_text="For all of its variants, 0 to 1. Empty: each variant's own.", null=True, validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)]),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='most_complaints',
                field=models.PositiveIntegerField(default=0, help_text='So many complaints in the watch period are still fine.'),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='paused_at',
                field=models.DateTimeField(blank=True, editable=False, null=True),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='paused_why',
                field=models.TextField(blank=True, editable=False),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='plan',
                field=models.JSONField(blank=True, default=list, help_text="Steps of each variant's canary as in a release; none: live for all at once."),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='started_at',
                field=models.DateTimeField(blank=True, editable=False, null=True),
            ),
            migrations.AddField(
                model_name='historicalcampaign',
                name='watch_hours',
                field=models.PositiveIntegerField(default=0, help_text='How long a variant is watched after its cutover, in hours.'),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='cut_over_at',
                field=models.DateTimeField(blank=True, help_text='When what the campaign brings went live for all.', null=True),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='deferred_until',
                field=models.DateField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='held_why',
                field=models.TextField(blank=True, help_text='What kept the last cutover or step of its canary back.'),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='moves',
                field=models.PositiveIntegerField(default=0, help_text='Counts its changes of stage: a step is owed once for each.'),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='owner',
                field=models.ForeignKey(blank=True, db_constraint=False, help_text="Who brings it home. Empty: the account's owners.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='paused_at',
                field=models.DateTimeField(blank=True, editable=False, null=True),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='paused_why',
                field=models.TextField(blank=True, editable=False),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='prepared_at',
                field=models.DateTimeField(blank=True, editable=False, help_text='When its own Revision was made.', null=True),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='scheduled_by',
                field=models.ForeignKey(blank=True, db_constraint=False, help_text='In whose name it is cut over at its time.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='scheduled_for',
                field=models.DateTimeField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='sign_off_exempt_why',
                field=models.TextField(blank=True, help_text='Why this customer need not sign. Empty: they have to.'),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='watch_run',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evals.evalrun'),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='watch_until',
                field=models.DateTimeField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name='signoff',
                name='channel',
                field=models.CharField(choices=[('link', 'By the customer on the sign-off page'), ('recorded', 'Recorded by us')], default='recorded', max_length=10),
            ),
            migrations.AddField(
                model_name='signoff',
                name='contact',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.contact'),
            ),
            migrations.AddField(
                model_name='signoff',
                name='document',
                field=models.BinaryField(blank=True, help_text='The answer as a file.', null=True),
            ),
            migrations.AddField(
                model_name='signoff',
                name='document_name',
                field=models.CharField(blank=True, max_length=200),
            ),
            migrations.AddField(
                model_name='signoff',
                name='note',
                field=models.TextField(blank=True, help_text='What they said with it.'),
            ),
            migrations.AddField(
                model_name='track',
                name='cut_over_at',
                field=models.DateTimeField(blank=True, help_text='When what the campaign brings went live for all.', null=True),
            ),
            migrations.AddField(
                model_name='track',
                name='deferred_until',
                field=models.DateField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name='track',
                name='held_why',
                field=models.TextField(blank=True, help_text='What kept the last cutover or step of its canary back.'),
            ),
            migrations.AddField(
                model_name='track',
                name='moves',
                field=models.PositiveIntegerField(default=0, help_text='Counts its changes of stage: a step is owed once for each.'),
            ),
            migrations.AddField(
                model_name='track',
                name='owner',
                field=models.ForeignKey(blank=True, help_text="Who brings it home. Empty: the account's owners.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tracks', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='track',
                name='paused_at',
                field=models.DateTimeField(blank=True, editable=False, null=True),
            ),
            migrations.AddField(
                model_name='track',
                name='paused_why',
                field=models.TextField(blank=True, editable=False),
            ),
            migrations.AddField(
                model_name='track',
                name='prepared_at',
                field=models.DateTimeField(blank=True, editable=False, help_text='When its own Revision was made.', null=True),
            ),
            migrations.AddField(
                model_name='track',
                name='scheduled_by',
                field=models.ForeignKey(blank=True, help_text='In whose name it is cut over at its time.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='track',
                name='scheduled_for',
                field=models.DateTimeField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name='track',
                name='sign_off_exempt_why',
                field=models.TextField(blank=True, help_text='Why this customer need not sign. Empty: they have to.'),
            ),
            migrations.AddField(
                model_name='track',
                name='watch_run',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='watching', to='evals.evalrun'),
            ),
            migrations.AddField(
                model_name='track',
                name='watch_until',
                field=models.DateTimeField(blank=True, null=True),
            ),
            migrations.AlterField(
                model_name='campaign',
                name='stage',
                field=models.CharField(choices=[('planned', 'Planned'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='running', editable=False, max_length=12),
            ),
            migrations.AlterField(
                model_name='historicalcampaign',
                name='stage',
                field=models.CharField(choices=[('planned', 'Planned'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='running', editable=False, max_length=12),
            ),
            migrations.AlterField(
                model_name='historicaltrack',
                name='revision',
                field=models.ForeignKey(blank=True, db_constraint=False, help_text='The one to cut over to; the baseline until it is prepared.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.revision'),
            ),
            migrations.AlterField(
                model_name='historicaltrack',
                name='stage',
                field=models.CharField(choices=[('queued', 'Queued'), ('evaluating', 'Evaluating'), ('needs_work', 'Needs work'), ('awaiting_sign_off', 'Waiting for sign-off'), ('signed_off', 'Signed off'), ('scheduled', 'Scheduled'), ('canary', 'Canary'), ('cut_over', 'Cut over'), ('watched', 'Being watched'), ('done', 'Done'), ('rolled_back', 'Rolled back'), ('exempt', 'Exempt'), ('deferred', 'Deferred'), ('cancelled', 'Cancelled')], default='queued', editable=False, max_length=20),
            ),
            migrations.AlterField(
                model_name='signoff',
                name='decision',
                field=models.CharField(choices=[('approved', 'Signed off'), ('change_requested', 'Asked for a change'), ('declined', 'Declined')], max_length=20),
            ),
            migrations.AlterField(
                model_name='signoff',
                name='recorded_by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AlterField(
                model_name='signoff',
                name='reference',
                field=models.TextField(blank=True, help_text="Where the customer's answer can be found."),
            ),
            migrations.AlterField(
                model_name='track',
                name='revision',
                field=models.ForeignKey(help_text='The one to cut over to; the baseline until it is prepared.', on_delete=django.db.models.deletion.PROTECT, related_name='tracks', to='registry.revision'),
            ),
            migrations.AlterField(
                model_name='track',
                name='stage',
                field=models.CharField(choices=[('queued', 'Queued'), ('evaluating', 'Evaluating'), ('needs_work', 'Needs work'), ('awaiting_sign_off', 'Waiting for sign-off'), ('signed_off', 'Signed off'), ('scheduled', 'Scheduled'), ('canary', 'Canary'), ('cut_over', 'Cut over'), ('watched', 'Being watched'), ('done', 'Done'), ('rolled_back', 'Rolled back'), ('exempt', 'Exempt'), ('deferred', 'Deferred'), ('cancelled', 'Cancelled')], default='queued', editable=False, max_length=20),
            ),
            migrations.AddField(
                model_name='blackout',
                name='by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='blackout',
                name='tenant',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='blackouts', to='registry.tenant'),
            ),
            migrations.AddField(
                model_name='changewindow',
                name='tenant',
                field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='change_window', to='registry.tenant'),
            ),
            migrations.AddField(
                model_name='effort',
                name='by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='effort',
                name='track',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='efforts', to='fleet.track'),
            ),
            migrations.AddField(
                model_name='effort',
                name='variant',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='efforts', to='registry.variant'),
            ),
            migrations.AddField(
                model_name='feedback',
                name='by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='feedback',
                name='track',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='fleet.track'),
            ),
            migrations.AddField(
                model_name='feedback',
                name='variant',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='registry.variant'),
            ),
            migrations.AddField(
                model_name='historicalblackout',
                name='by',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicalblackout',
                name='history_user',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicalblackout',
                name='tenant',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.tenant'),
            ),
            migrations.AddField(
                model_name='historicalchangewindow',
                name='history_user',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicalchangewindow',
                name='tenant',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.tenant'),
            ),
            migrations.AddField(
                model_name='historicaleffort',
                name='by',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicaleffort',
                name='history_user',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicaleffort',
                name='track',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fleet.track'),
            ),
            migrations.AddField(
                model_name='historicaleffort',
                name='variant',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.variant'),
            ),
            migrations.AddField(
                model_name='historicallettertemplate',
                name='history_user',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='historicallettertemplate',
                name='tenant',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='registry.tenant'),
            ),
            migrations.AddField(
                model_name='historicalwave',
                name='campaign',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fleet.campaign'),
            ),
            migrations.AddField(
                model_name='historicalwave',
                name='history_user',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='letter',
                name='by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='letter',
                name='contact',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='letters', to='registry.contact'),
            ),
            migrations.AddField(
                model_name='letter',
                name='track',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='fleet.track'),
            ),
            migrations.AddField(
                model_name='lettertemplate',
                name='tenant',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letter_templates', to='registry.tenant'),
            ),
            migrations.AddField(
                model_name='signoff',
                name='seen',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='fleet.seenevidence'),
            ),
            migrations.AddConstraint(
                model_name='signoff',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('channel', 'link'), ('contact__isnull', False), ('seen__isnull', False)), models.Q(('channel', 'recorded'), ('recorded_by__isnull', False), models.Q(models.Q(('reference', ''), _negated=True), ('document__isnull', False), _connector='OR')), _connector='OR'), name='sign_off_names_its_source'),
            ),
            migrations.AddField(
                model_name='signofflink',
                name='contact',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='registry.contact'),
            ),
            migrations.AddField(
                model_name='signofflink',
                name='created_by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='signofflink',
                name='revision',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.revision'),
            ),
            migrations.AddField(
                model_name='signofflink',
                name='run',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evals.evalrun'),
            ),
            migrations.AddField(
                model_name='signofflink',
                name='sign_off',
                field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='link', to='fleet.signoff'),
            ),
            migrations.AddField(
                model_name='signofflink',
                name='track',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='fleet.track'),
            ),
            migrations.AddField(
                model_name='decisioncode',
                name='link',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='fleet.signofflink'),
            ),
            migrations.AddField(
                model_name='wave',
                name='campaign',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waves', to='fleet.campaign'),
            ),
            migrations.AddField(
                model_name='historicaltrack',
                name='wave',
                field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fleet.wave'),
            ),
            migrations.AddField(
                model_name='track',
                name='wave',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tracks', to='fleet.wave'),
            ),
            migrations.AddConstraint(
                model_name='track',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'scheduled'), _negated=True), models.Q(('scheduled_by__isnull', False), ('scheduled_for__isnull', False)), _connector='OR'), name='scheduled_track_has_time_and_person'),
            ),
            migrations.AddConstraint(
                model_name='track',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'deferred'), _negated=True), ('deferred_until__isnull', False), _connector='OR'), name='deferred_track_has_date'),
            ),
            migrations.AddConstraint(
                model_name='blackout',
                constraint=models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='blackout_ends_later'),
            ),
            migrations.AddConstraint(
                model_name='blackout',
                constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='blackout_has_reason'),
            ),
            migrations.AddConstraint(
                model_name='changewindow',
                constraint=models.CheckConstraint(condition=models.Q(('weekdays', []), _negated=True), name='change_window_has_days'),
            ),
            migrations.AddConstraint(
                model_name='effort',
                constraint=models.CheckConstraint(condition=models.Q(('hours__gt', 0)), name='effort_takes_time'),
            ),
            migrations.AddConstraint(
                model_name='effort',
                constraint=models.CheckConstraint(condition=models.Q(('what', ''), _negated=True), name='effort_says_what'),
            ),
            migrations.AddIndex(
                model_name='feedback',
                index=models.Index(fields=['variant', 'happened_at'], name='feedback_by_variant'),
            ),
            migrations.AddConstraint(
                model_name='feedback',
                constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='feedback_says_what'),
            ),
            migrations.AddConstraint(
                model_name='letter',
                constraint=models.CheckConstraint(condition=models.Q(('to_email', ''), _negated=True), name='letter_has_address'),
            ),
            migrations.AddConstraint(
                model_name='lettertemplate',
                constraint=models.UniqueConstraint(fields=('kind', 'locale', 'tenant'), name='letter_words_once', nulls_distinct=False),
            ),
            migrations.AddConstraint(
                model_name='signofflink',
                constraint=models.UniqueConstraint(condition=models.Q(('sign_off__isnull', True), ('voided_at__isnull', True)), fields=('track', 'contact'), name='one_open_link_a_contact'),
            ),
            migrations.AddConstraint(
                model_name='wave',
                constraint=models.UniqueConstraint(fields=('campaign', 'number'), name='wave_once_a_campaign'),
            ),
        ),
    ]
