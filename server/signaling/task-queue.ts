// Tasks of one client, one after the other. What has nothing to wait for is done at once: nearly everything that a server
// hears is a signal to a player on the same process, and a promise for each would be most of what relaying it costs.

export type Task = () => Promise<void> | undefined

export interface TaskOwner {
  /** Hears what a task throws or rejects with. The next one is done all the same. */
  taskFailed(error: unknown): void
}

export class TaskQueue {
  readonly #owner: TaskOwner
  #running = false
  #waiting: Task[] | undefined

  constructor(owner: TaskOwner) {
    this.#owner = owner
  }

  add(task: Task): void {
    if (this.#running) {
      this.#waiting ??= []
      this.#waiting.push(task)
      return
    }
    this.#running = true
    this.#run(task)
  }

  #run(first: Task | undefined): void {
    for (let task = first; task; task = this.#waiting?.shift()) {
      try {
        const pending = task()
        if (!pending) continue
        const failed = (error: unknown) => this.#owner.taskFailed(error)
        pending.catch(failed).then(() => this.#run(this.#waiting?.shift()))
        return
      } catch (error) {
        this.#owner.taskFailed(error)
      }
    }
    this.#running = false
    this.#waiting = undefined
  }
}
