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

/** The first that is in the way. `within`: automations that this one is a part of, as a hook of theirs has started it. */
export function inTheWay(wanted: readonly Lock[], held: readonly HeldLock[], within: readonly string[]): HeldLock | undefined {
  return held.find(
    (other) =>
      !within.includes(other.automation) &&
      wanted.some(({ key, access }) => key === other.key && (access === 'exclusive' || other.access === 'exclusive')),
  )
}

export function sayHeld({ name, automation, title, who }: HeldLock): string {
  return `${name} is held by automation ${automation} (${title}, started by ${who}): wait for it, or abort it`
}
