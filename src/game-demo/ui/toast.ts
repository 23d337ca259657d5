// A short message that goes away by itself.

import { element, setText } from './dom.ts'

const SHOWN_MS = 3_200
let timer: ReturnType<typeof setTimeout> | undefined

export function toast(text: string): void {
  const node = element('toast', HTMLElement)
  setText(node, text)
  node.dataset.visible = ''
  clearTimeout(timer)
  timer = setTimeout(() => {
    delete node.dataset.visible
  }, SHOWN_MS)
}

/** Copies to the clipboard, and says how that went. */
export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(done)
  } catch {
    // No permission, or no secure origin: then the address bar has it.
    toast(`Copy this: ${text}`)
  }
}
