// What is to be taken back should its branch not come to a good end, in the order in which it was done. Data of advance.ts.
import type { JournaledEffect } from './effect.ts'
import type { OpenUndo } from './steps.ts'

export class Undos {
  /** By the step that each was written down by; the newest last. */
  readonly #open = new Map<string, OpenUndo>()

  all(): readonly OpenUndo[] {
    return [...this.#open.values()]
  }

  /** This step was written down. */
  note(step: string, effect: JournaledEffect): void {
    if (effect.kind === 'undo') {
      const { what, command, requests } = effect
      this.#open.set(step, { of: step, undo: { what, command, requests } })
    }
    if (effect.kind === 'undone') this.#open.delete(effect.of)
  }

  /** What it takes back has been done: from now on it is the newest. */
  complete(of: string): void {
    const undo = this.#open.get(of)
    if (undo && this.#open.delete(of)) this.#open.set(of, undo)
  }

  /** Of the branch with this path; `u`: of all of them. */
  newestOf(path: string): OpenUndo | undefined {
    return this.all().findLast(({ of }) => path === 'u' || of.startsWith(path))
  }
}
