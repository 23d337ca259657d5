// The page's elements by id, with their type checked once: a renamed id fails at the start, not in the middle of a game.

export function element<T extends Element>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with the id "${id}".`)
  return found
}

/** A new element with text. Text of other players reaches the page only this way: never as HTML. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = '',
  className = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.textContent = text
  if (className) made.className = className
  return made
}

/** Makes the children of `list` one for each of `items`, keeping those that exist: focus and selection survive. */
export function syncList<T>(
  list: Element,
  items: readonly T[],
  key: (item: T) => string,
  make: (item: T) => HTMLElement,
  fill: (node: HTMLElement, item: T) => void,
): void {
  const old = new Map<string, HTMLElement>()
  for (const child of list.children) if (child instanceof HTMLElement) old.set(child.dataset.key ?? '', child)
  let place: Element | null = list.firstElementChild
  for (const item of items) {
    const name = key(item)
    let node = old.get(name)
    if (!node) {
      node = make(item)
      node.dataset.key = name
    }
    old.delete(name)
    fill(node, item)
    if (node === place) place = place.nextElementSibling
    else list.insertBefore(node, place)
  }
  for (const node of old.values()) node.remove()
}

/** Sets text only where it changed: the page then has nothing to lay out. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}
