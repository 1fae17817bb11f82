import type { ComponentChildren } from 'preact';
import { Icon } from './icons.js';

export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'quiet';

const icons = { good: 'check', info: 'info', warn: 'alert', bad: 'alert', quiet: 'info' } as const;

/** A message on the page with the next step. Screen readers announce `bad` at once. */
export function Notice(props: { tone: Tone; title: string; children?: ComponentChildren }) {
  return (
    <div class={`notice tone-${props.tone}`} role={props.tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={icons[props.tone]} />
      <div>
        <p class="notice-title">{props.title}</p>
        {props.children ? <div class="notice-more">{props.children}</div> : null}
      </div>
    </div>
  );
}

/** A coloured label for a state. The colour carries no extra information. */
export function Chip(props: { tone: Tone; children: ComponentChildren }) {
  return <span class={`chip tone-${props.tone}`}>{props.children}</span>;
}

/** Replaces an empty list, with the next step. */
export function Empty(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name="paw" />
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}
