/**
 * Handles an event of an element as long as that is on the page. A picture that fails to load after its component has gone says so all the
 * same, when there is nothing left that could show it.
 */
export const whileShown =
  (handle: () => void) =>
  ({ currentTarget }: Event): void => {
    if (currentTarget instanceof Node && currentTarget.isConnected) handle();
  };
