import type { ComponentChildren } from 'preact';
import type { DetailCredential } from '../../../store/pet-parents/detail-credential.js';
import { CopyButton } from '../../ui/copy-button.js';
import { When } from '../../ui/when.js';
import { PasswordLine } from './password-line.js';
import type { Reveal } from '../../views/reveal.js';

/** A login: the email address, the temporary password as long as staff may see it, and the first login. */
export function LoginFacts(props: {
  /** Label of the email address. */
  label: string;
  email: string;
  credential: DetailCredential | null;
  /** The password, or why it is not shown, after staff asked for it. */
  shown: Reveal | null;
  /** Action of the form that reveals the password. */
  action: string;
  /** URL of the same page without the password. */
  hideHref: string;
  firstLoginAt: Date | null;
  children?: ComponentChildren;
}) {
  const { credential, firstLoginAt } = props;
  return (
    <dl class="facts">
      <div>
        <dt>{props.label}</dt>
        <dd>
          <span id="user-id" class="break">
            {props.email}
          </span>
          <CopyButton of="user-id" />
        </dd>
      </div>
      {credential?.visibility === 'visible' ? (
        <PasswordLine {...props} credential={credential} revealed={props.shown?.visible ? props.shown : null} />
      ) : null}
      {firstLoginAt ? (
        <div>
          <dt>First login</dt>
          <dd>
            <When at={firstLoginAt} />
          </dd>
        </div>
      ) : null}
      {props.children}
    </dl>
  );
}
