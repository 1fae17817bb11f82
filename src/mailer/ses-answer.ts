/**
 * What became of one hand-over. All but `accepted` and `unknown` prove that SES does not have the mail.
 *
 * - `throttled`, `daily-quota`: again later; the first one slower
 * - `unreachable`: nothing was sent, again later
 * - `refused`: this mail will never be taken as it is
 * - `account`: no mail will be taken until a person changes something
 * - `unknown`: SES may or may not have it; never sent again by guess
 */
export type Answer =
  | { kind: 'accepted'; messageId: string }
  | {
      kind: 'throttled' | 'daily-quota' | 'unreachable' | 'refused' | 'account' | 'unknown';
      code: string;
      message: string;
    };

/** SES answers with these before it looks at the mail; the account, its keys or its clock are at fault. */
const accountCodes = new Set([
  'AccountSendingPausedException',
  'ConfigurationSetSendingPausedException',
  'ConfigurationSetDoesNotExist',
  'ConfigurationSetDoesNotExistException',
  'MailFromDomainNotVerifiedException',
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Errors of looking up and connecting: not one byte of the request left. */
const neverConnected = new Set(['getaddrinfo', 'connect']);

interface Thrown {
  name?: string;
  code?: string;
  syscall?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

/**
 * Sorts what the SDK threw. SES has no idempotency key, so all that does not prove a refusal is `unknown`: a cut
 * connection, a timeout, and every 5xx too, since SES says only that "the request processing has failed".
 */
export function answerOf(thrown: unknown): Answer {
  const error = thrown as Thrown;
  const code = error.name ?? 'Error';
  const message = error.message ?? '';
  const status = error.$metadata?.httpStatusCode;
  const answer = (kind: Exclude<Answer['kind'], 'accepted'>): Answer => ({
    kind,
    code: code === 'Error' ? (error.code ?? code) : code,
    message: message.slice(0, 500),
  });

  if (/^(Throttling|ThrottlingException|TooManyRequestsException|LimitExceeded)/.test(code)) {
    // Both limits carry one code; only the sentence tells them apart (SES developer guide, "quota errors").
    return answer(/daily/i.test(message) ? 'daily-quota' : 'throttled');
  }
  if (accountCodes.has(code)) return answer('account');
  if (code === 'MessageRejected' && /not verified|sending (is )?(paused|suspended)/i.test(message))
    return answer('account');
  if (status !== undefined && status >= 400 && status < 500) return answer('refused');
  if (neverConnected.has(error.syscall ?? '')) return answer('unreachable');
  // The SDK's own timers: only the one for connecting carries no system code.
  if (code === 'TimeoutError' && error.code === undefined) return answer('unreachable');
  return answer('unknown');
}
