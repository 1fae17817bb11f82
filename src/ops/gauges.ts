import { Counter, Gauge, type Registry } from 'prom-client';

export type Gauges = ReturnType<typeof createGauges>;

/**
 * All our metrics with their Prometheus help texts. Watch data age first: every failure eventually shows there.
 * docs/operations.md says what to do about each.
 */
export function createGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `pims_sync_${name}`, help, labelNames, registers: [registry] });
  return {
    age: gauge('data_age_seconds', 'Seconds since the last full scan of the PIMS.', ['practice']),
    failing: gauge(
      'practice_failing',
      '1 while the latest sync of a practice has failed, has stopped or is being retried, by cause.',
      ['practice', 'cause'],
    ),
    info: gauge('practice_info', 'Always 1; carries the name of a practice.', ['practice', 'name']),
    runs: gauge('runs', 'Sync runs of the last 24 hours by state.', ['practice', 'state']),
    idle: gauge('run_idle_seconds', 'Seconds since the last progress of the current run.', ['practice']),
    rows: gauge('rows_read', 'Clients read by the last complete run.', ['practice']),
    readRate: gauge('rows_per_second', 'Clients per second of the last complete run, including evaluation.', [
      'practice',
    ]),
    messages: gauge('messages', 'Messages by state: all open ones, and the others of the last 30 days.', ['state']),
    oldestQueued: gauge(
      'oldest_queued_seconds',
      'Age of the email that has been due longest, without paused practices.',
    ),
    oldestUncertain: gauge(
      'oldest_uncertain_seconds',
      'Age of the oldest email with uncertain delivery to Amazon SES.',
    ),
    paused: gauge('email_paused', '1 while the emails of a practice are paused.', ['practice']),
    stopped: gauge('sending_stopped', '1 while the circuit breaker stops all sending, by cause.', ['cause']),
    sendRate: gauge('emails_per_second', 'Emails per second that Amazon SES accepted in the last minute.'),
    quota: gauge('ses_quota_per_second', 'Emails per second that Amazon SES allows.'),
    quotaDay: gauge('ses_quota_24_hours', 'Emails in 24 hours that Amazon SES allows.'),
    sentDay: gauge('ses_sent_24_hours', 'Emails of the last 24 hours, as counted by Amazon SES.'),
    notCleared: gauge('credentials_past_first_login', 'Temporary passwords not cleared after first login; must be 0.'),
    pending: gauge('credentials_pending', 'Temporary passwords of pet parents who never logged in.'),
    jobs: gauge('jobs', 'Jobs in a queue by state.', ['queue', 'state']),
    oldestJob: gauge('oldest_job_seconds', 'Age of the job that has waited longest.', ['queue']),
    up: gauge('part_up', '1 if the database, or Redis, answered this scrape.', ['part']),
    version: gauge('build_info', 'Always 1; carries the running version.', ['version']),
    failed: new Counter({
      name: 'pims_sync_scrape_failures_total',
      help: 'Queries of a scrape that the database or Redis did not answer.',
      registers: [registry],
    }),
  };
}
