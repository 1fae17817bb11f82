import type { ErrorDefinition } from './definition.js';

/** Errors for operators: of the configuration, the database, Redis, AWS, commands, jobs and sync runs. */
export const serviceErrors = {
  'audit-not-protected': {
    status: 500,
    help: 'Revoke those rights (SHOW GRANTS lists them), or name another user in DATABASE_URL, and run this again.',
  },
  'audit-protected': { status: 500, help: 'For this command, set DATABASE_ADMIN_URL to a user who may.' },
  'check-failed': { status: 500, help: 'Do the next step under each, and check again.' },
  'client-erased': {
    status: 500,
    help: 'If they want to be a client of the Pet App again, an operator runs: pims-sync person readmit',
  },
  'client-unreadable': {
    status: 500,
    help: 'Correct the record in the PIMS, or the mapping if it names the wrong column.',
  },
  'config-wrong': { status: 500 },
  'conformance-failed': { status: 500, help: 'See docs/connectors.md.' },
  'credential-key-missing': {
    status: 500,
    help: 'Add that key after the current one and restart web and workers; keep it until the sweep has sealed everything again.',
  },
  'credential-key-unknown': { status: 503, help: 'Add that key after the current one and restart.' },
  'credential-keys-wrong': { status: 500, help: 'Make one with: pims-sync keys new --id k1' },
  'credential-unreadable': { status: 503 },
  'database-login-refused': { status: 503, help: 'Correct them, or grant the user rights on the database.' },
  'database-missing': { status: 503 },
  'database-no-tls': {
    status: 503,
    help: 'Turn on TLS at the server, or, on a network you trust, take ssl out of DATABASE_URL.',
  },
  'database-not-migrated': { status: 503, help: 'Run: pims-sync migrate' },
  'database-read-only': { status: 503, help: 'Point DATABASE_URL to the primary, and turn off its read_only.' },
  'database-session-refused': {
    status: 503,
    help: 'Connect to MySQL or MariaDB directly, or through a proxy that passes SET statements on.',
  },
  'database-unreachable': { status: 503, help: 'Start it, or correct the host and port in DATABASE_URL.' },
  'date-wrong': { status: 500, help: 'Write it as 2024-01-31. Lines from before that day are deleted.' },
  'discover-unsupported': { status: 500, help: 'Its settings are described in docs/connectors.md.' },
  'email-template-wrong': { status: 500 },
  'email-wrong': { status: 500, help: 'Enter the address they sign in with.' },
  'grant-other-database': { status: 500, help: 'Name the same database in both.' },
  'grant-refused': {
    status: 500,
    help: 'It needs: GRANT CREATE USER ON *.*, and GRANT ALL ON the database WITH GRANT OPTION. Or let your administrator run the statements of docs/security.md.',
  },
  'grant-same-user': { status: 500, help: 'Choose another user for DATABASE_URL; it is created if it does not exist.' },
  interrupted: { status: 500 },
  'invariants-broken': {
    status: 500,
    help: 'Each one above says what to do; see docs/operations.md, "When verify finds something".',
  },
  'job-payload-wrong': {
    status: 500,
    help: 'Another program or another version of pims-sync added it. The job was refused and changed nothing.',
  },
  'job-unknown': { status: 500 },
  'key-id-wrong': { status: 500, help: 'Use up to 32 letters, digits, dashes and underscores, such as k2.' },
  'kms-ciphertext-wrong': {
    status: 500,
    help: 'Copy the whole entry that "pims-sync keys new --kms" printed, and set AWS_REGION to the region it was made in.',
  },
  'kms-key-unusable': {
    status: 500,
    help: 'Enable it or cancel its deletion in the AWS console, or name one of this region. Without it the temporary passwords cannot be unsealed.',
  },
  'kms-refused': { status: 500 },
  'kms-settings-missing': {
    status: 500,
    help: 'Set AWS_REGION, and give the process a role or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  'kms-unreachable': {
    status: 500,
    help: 'Does the network let this process reach it (or AWS_ENDPOINT_URL_KMS)? Nothing was started; try again.',
  },
  'one-client-unsupported': { status: 500, help: 'Resync the whole practice instead.' },
  'person-not-erased': {
    status: 500,
    help: 'Name the practice (or "all") that was used to erase them, with the address or the client id in the PIMS.',
  },
  'person-reference-wrong': { status: 500, help: 'Give one address, an account id, or the number of a client.' },
  'person-unknown': { status: 500 },
  'port-not-free': { status: 500 },
  'practice-missing': { status: 500 },
  'redis-certificate-refused': {
    status: 503,
    help: 'Set NODE_EXTRA_CA_CERTS to the file with its certificate authority, or correct the host in REDIS_URL.',
  },
  'redis-hangs-up': {
    status: 503,
    help: 'A Redis without a password does this to other machines (protected mode): set a password in Redis and in REDIS_URL. If Redis uses TLS, begin REDIS_URL with rediss://.',
  },
  'redis-login-refused': { status: 503, help: 'Correct them in REDIS_URL.' },
  'redis-read-only': {
    status: 503,
    help: 'After a failover, point its address at the new primary. Otherwise name the primary in REDIS_URL.',
  },
  'redis-refuses-writes': { status: 503 },
  'redis-unreachable': {
    status: 503,
    help: 'Start it, or correct the host and port in REDIS_URL. Begin it with rediss:// if Redis uses TLS, else with redis://.',
  },
  'run-taken-over': { status: 500 },
  silent: { status: 503 },
  starting: { status: 503 },
  stopping: { status: 503 },
  'sweep-failed': { status: 500, help: 'All other tasks were done. The sweep runs again within a minute.' },
  'sync-not-done': { status: 500 },
  'too-many-missing': { status: 500 },
  'traces-endpoint-wrong': {
    status: 500,
    help: 'Name the collector, such as http://localhost:4318, or remove the variable: traces are optional.',
  },
} as const satisfies Record<string, ErrorDefinition>;
