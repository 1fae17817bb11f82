/**
 * Result of one hand-over to SES. Every kind but `accepted` and `unknown` proves that SES does not have the email.
 *
 * - `throttled`, `daily-quota`: try again later; slow down after `throttled`
 * - `unreachable`: nothing was sent, try again later
 * - `refused`: SES will never accept this email as it is
 * - `account`: SES accepts no email until a person changes something
 * - `unknown`: SES may or may not have it; never sent again on a guess
 */
export type Answer =
  | { kind: 'accepted'; messageId: string }
  | {
      kind: 'throttled' | 'daily-quota' | 'unreachable' | 'refused' | 'account' | 'unknown';
      code: string;
      message: string;
    };

/** SES returns these before it looks at the email; the account, its keys or its clock are at fault. */
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

/** Failed system calls of DNS lookup and connect: not one byte of the request was sent. */
const neverConnected = new Set(['getaddrinfo', 'connect']);

/**
 * Error codes with which OpenSSL or Node rejects a certificate (Node.js documentation, "X509 certificate error codes").
 * The connection is closed before the request is written to it.
 */
const distrusted =
  /^(CERT_|CRL_|ERR_TLS_CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|INVALID_CA$|INVALID_PURPOSE$|HOSTNAME_MISMATCH$|PATH_LENGTH_EXCEEDED$|ERROR_IN_CERT_)/;

interface Thrown {
  name?: string;
  code?: string;
  syscall?: string;
  message?: string;
  /** Errors of the single attempts if a host name has several addresses. */
  errors?: Thrown[];
  $metadata?: { httpStatusCode?: number };
}

/**
 * Classifies an error thrown by the SDK. SES has no idempotency key, so everything that does not prove a refusal is
 * `unknown`: a cut connection, a timeout, and every 5xx too, because SES says only that "the request processing has
 * failed".
 *
 * @param begun whether the request was handed to the connection. Before that SES cannot have the email, and the fault
 *   is in the network or on our side: no region, no keys, a role that may not be assumed
 */
export function answerOf(thrown: unknown, begun = true): Answer {
  const error = thrown as Thrown;
  const code = error.name ?? 'Error';
  const message = error.message ?? '';
  const status = error.$metadata?.httpStatusCode;
  const answer = (kind: Exclude<Answer['kind'], 'accepted'>): Answer => ({
    kind,
    code: code === 'Error' || code === 'AggregateError' ? (error.code ?? code) : code,
    message: message.slice(0, 500),
  });

  if (/^(Throttling|ThrottlingException|TooManyRequestsException|LimitExceeded)/.test(code)) {
    // Both limits share one code; only the message tells them apart (SES developer guide, "quota errors").
    return answer(/daily/i.test(message) ? 'daily-quota' : 'throttled');
  }
  if (accountCodes.has(code)) return answer('account');
  if (code === 'MessageRejected' && (isNotVerified(message) || isOfTheWholeAccount(message))) return answer('account');
  if (isUnreached(error)) return answer('unreachable');
  if (!begun) return answer('account');
  if (status !== undefined && status >= 400 && status < 500) return answer('refused');
  return answer('unknown');
}

/** "Email address is not verified. The following identities failed the check in region ..." */
const isNotVerified = (message: string): boolean => /not verified/i.test(message);

/**
 * Whether SES paused or suspended the whole account. The wording varies ("Account is paused", "Sending suspended for
 * this account"), so one word decides (SES developer guide, "Amazon SES email sending errors"; SES API reference,
 * "SendRawEmail").
 */
export function isOfTheWholeAccount(message: string): boolean {
  return /\b(paused|suspended)\b/i.test(message);
}

/** Whether the connection was never established, so that nothing was written to it. */
function isUnreached(error: Thrown): boolean {
  const { name, code, message = '', errors } = error;
  // The host name has several addresses and Node tried each.
  if (errors && errors.length > 0) return errors.every(isUnreached);
  if (neverConnected.has(error.syscall ?? '') || distrusted.test(code ?? '')) return true;
  if (/before secure TLS connection was established/.test(message)) return true;
  // The SDK's own timers: only the one for connecting carries no system code.
  return name === 'TimeoutError' && code === undefined;
}
