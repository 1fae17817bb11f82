/** Stands in the place of the login where another practice issued it. */
export function IssuedElsewhere(props: { isUsed: boolean; canReplace?: boolean }) {
  if (props.isUsed) {
    return <p>This person uses the Pet App. Another practice issued the login, so nothing else of it is shown here.</p>;
  }
  if (props.canReplace) {
    return (
      <p>
        The practice that issued this login no longer has a record on the account. Make a new temporary password if the
        person needs help with it.
      </p>
    );
  }
  return (
    <p>
      Another practice issued this login. Send the login again to the address of the pet parent; nothing of it is shown
      here.
    </p>
  );
}
