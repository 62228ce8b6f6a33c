// What an automation keeps others from touching while it is there, from its creation to its end. Pure.

export interface Lock {
  /** `guest 5f0c…`, `host abcd…`, `vg …`: what it is, by an id that does not change. */
  readonly key: string
  /** How a person calls it: `guest web1`. */
  readonly name: string
  /** Those that share it do not keep each other out. */
  readonly access: 'shared' | 'exclusive'
}

export interface HeldLock extends Lock {
  readonly automation: string
  /** `migrate web1 to node02`. */
  readonly title: string
  readonly who: string
}

/** Of a task of the manager, while it acts. */
export interface TaskLock extends Lock {
  readonly task: string
  /** `remove data/disk-0b5f… of node01`. */
  readonly title: string
}

/** The first that is in the way. `within`: automations that this one is a part of, as a hook of theirs has started it. */
export function inTheWay<Held extends HeldLock | TaskLock>(
  wanted: readonly Lock[],
  held: readonly Held[],
  within: readonly string[],
): Held | undefined {
  return held.find(
    (other) =>
      !('automation' in other && within.includes(other.automation)) &&
      wanted.some(({ key, access }) => key === other.key && (access === 'exclusive' || other.access === 'exclusive')),
  )
}

export function sayHeld(held: HeldLock | TaskLock): string {
  const { name, title } = held
  if ('task' in held) return `${name} is held by the manager’s task ${held.task} (${title}): ask again in a moment`
  const { automation, who } = held
  return `${name} is held by automation ${automation} (${title}, started by ${who}): wait for it, or abort it`
}
