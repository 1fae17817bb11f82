/** Field for the token of an emailed link. `token.js` fills and hides it; without scripts people paste the token. */
export function TokenField(props: { token: string }) {
  return (
    <div class="field" data-token-field>
      <label for="field-token">Code from the link</label>
      <input
        id="field-token"
        name="token"
        value={props.token}
        autocomplete="off"
        spellcheck={false}
        required
        aria-describedby="field-token-hint"
      />
      <p class="hint" id="field-token-hint">
        The part after # in the emailed link.
      </p>
    </div>
  );
}
