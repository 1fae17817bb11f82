import { Counter, Gauge, type Registry } from 'prom-client';

export type Gauges = ReturnType<typeof createGauges>;

/**
 * Every metric of ours, with the sentence that Prometheus shows. The age of data leads: whatever breaks, in the end it
 * is some practice's data that grows old. docs/operations.md says what to do about each.
 */
export function createGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `pims_sync_${name}`, help, labelNames, registers: [registry] });
  return {
    age: gauge('data_age_seconds', 'Seconds since the last complete pass over the PIMS.', ['practice']),
    failing: gauge(
      'practice_failing',
      '1 while the latest sync of a practice has failed, stopped or is being tried again, by cause.',
      ['practice', 'cause'],
    ),
    info: gauge('practice_info', 'Always 1; the name of a practice.', ['practice', 'name']),
    runs: gauge('runs', 'Sync runs of the last 24 hours by state.', ['practice', 'state']),
    standing: gauge('run_standing_seconds', 'Seconds since the run under way last moved.', ['practice']),
    rows: gauge('rows_read', 'Clients read by the last complete run.', ['practice']),
    rate: gauge('rows_per_second', 'Clients a second of the last complete run, reading and deciding.', ['practice']),
    messages: gauge('messages', 'Mails by state: those that are open, and those of the last 30 days.', ['state']),
    oldestQueued: gauge(
      'oldest_queued_seconds',
      'Age of the email that has been due longest, but for practices whose mail is paused.',
    ),
    oldestUncertain: gauge(
      'oldest_uncertain_seconds',
      'Age of the oldest mail of which nobody knows whether it was sent.',
    ),
    paused: gauge('email_paused', '1 while the email of a practice is paused.', ['practice']),
    stopped: gauge('sending_stopped', '1 while no email is handed over at all, by cause.', ['cause']),
    handed: gauge('emails_per_second', 'Mails that Amazon SES accepted, a second, over the last minute.'),
    quota: gauge('ses_quota_per_second', 'Mails a second that Amazon SES allows.'),
    quotaDay: gauge('ses_quota_24_hours', 'Mails in 24 hours that Amazon SES allows.'),
    sentDay: gauge('ses_sent_24_hours', 'Mails of the last 24 hours, as Amazon SES counts them.'),
    past: gauge('credentials_past_first_login', 'Temporary passwords kept past first login; must be 0.'),
    pending: gauge('credentials_pending', 'Temporary passwords of people who never logged in.'),
    jobs: gauge('jobs', 'Jobs in a queue by state.', ['queue', 'state']),
    oldestJob: gauge('oldest_job_seconds', 'Age of the job that has waited longest.', ['queue']),
    up: gauge('part_up', '1 when the database, or Redis, answered this scrape.', ['part']),
    version: gauge('build_info', 'Always 1; the version that answers.', ['version']),
    failed: new Counter({
      name: 'pims_sync_scrape_failures_total',
      help: 'Questions of a scrape that the database or Redis did not answer.',
      registers: [registry],
    }),
  };
}
