import {
  Component,
  forwardRef,
  type ComponentType,
  type ContextType,
  type ForwardedRef,
  type ReactNode,
} from 'react';
import { InboxContext } from '../hooks/inbox-context';

interface ContainedProps {
  readonly children: ReactNode;
  /** Shown instead of what broke; by default, nothing. `retry` renders the children again. */
  readonly fallback?: (retry: () => void) => ReactNode;
}

/**
 * An error boundary: when a part of the inbox breaks, the host's page and the other parts survive.
 * The provider's `onError` gets the error. React itself also writes the error to the console.
 */
export class Contained extends Component<ContainedProps, { readonly isBroken: boolean }> {
  static override readonly contextType = InboxContext;
  declare context: ContextType<typeof InboxContext>;
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override componentDidCatch(error: unknown): void {
    this.context?.onError(error);
  }

  readonly #retry = (): void => {
    this.setState({ isBroken: false });
  };

  override render(): ReactNode {
    const { children, fallback } = this.props;
    return this.state.isBroken ? fallback?.(this.#retry) : children;
  }
}

/** Return the component in an error boundary, with the same props and `ref`. */
export function contained<Part>(Inner: Part): Part {
  const Plain = Inner as ComponentType<object>;
  const outer = (props: object, ref: ForwardedRef<unknown>) => (
    <Contained>
      <Plain {...props} {...(ref && { ref })} />
    </Contained>
  );
  return forwardRef(outer) as Part;
}
