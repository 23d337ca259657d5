// Whether the player's page is shown, told to the others: who plays in a hidden tab answers late and plays badly. And when
// it goes away, so that they need not wait for its silence.

interface PageDocument {
  readonly visibilityState: string
  addEventListener(type: 'visibilitychange', listener: () => void): void
  removeEventListener(type: 'visibilitychange', listener: () => void): void
}

/** True where there is no page that could be hidden. */
export function isPageVisible(): boolean {
  return pageDocument()?.visibilityState !== 'hidden'
}

interface PageWindow {
  addEventListener?(type: 'pagehide', listener: (event: { readonly persisted: boolean }) => void): void
  removeEventListener?(type: 'pagehide', listener: (event: { readonly persisted: boolean }) => void): void
}

export interface PageEvents {
  /** The page is hidden or shown. */
  changed(visible: boolean): void
  /** It is closed, or loaded anew: there is no later. */
  goes(): void
}

/** Returns what ends it. */
export function watchPage({ changed, goes }: PageEvents): () => void {
  const page = pageDocument()
  if (!page) return () => {}
  const window = globalThis as PageWindow
  const toldVisible = () => changed(isPageVisible())
  // One that the browser keeps may be shown again as it was.
  const hides = ({ persisted }: { readonly persisted: boolean }) => {
    if (!persisted) goes()
  }
  page.addEventListener('visibilitychange', toldVisible)
  window.addEventListener?.('pagehide', hides)
  return () => {
    page.removeEventListener('visibilitychange', toldVisible)
    window.removeEventListener?.('pagehide', hides)
  }
}

function pageDocument(): PageDocument | undefined {
  return (globalThis as { document?: PageDocument }).document
}
