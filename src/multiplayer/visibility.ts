// Whether the player's page is shown, told to the others: who plays in a hidden tab answers late and plays badly.

interface PageDocument {
  readonly visibilityState: string
  addEventListener(type: 'visibilitychange', listener: () => void): void
  removeEventListener(type: 'visibilitychange', listener: () => void): void
}

/** True where there is no page that could be hidden. */
export function isPageVisible(): boolean {
  return pageDocument()?.visibilityState !== 'hidden'
}

/** Calls `changed` whenever the page is hidden or shown. Returns what ends that. */
export function watchPage(changed: (visible: boolean) => void): () => void {
  const page = pageDocument()
  const listener = () => changed(isPageVisible())
  page?.addEventListener('visibilitychange', listener)
  return () => page?.removeEventListener('visibilitychange', listener)
}

function pageDocument(): PageDocument | undefined {
  return (globalThis as { document?: PageDocument }).document
}
