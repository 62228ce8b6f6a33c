// What an open page is told of the pool's events, for manager/doors/web to say and templates/assets/live.js to hear: not the news
// itself, but what to ask for again. Types alone: the browser's script is checked against them, and loads nothing.

/** Of many events together. */
export interface Changed {
  readonly kind: 'changed'
  /** Ids of hosts that changed in earnest. */
  readonly hosts: readonly string[]
  /** Ids of hosts with new load only. */
  readonly samples: readonly string[]
  /** A machine waits for approval that did not before. */
  readonly pending: boolean
  readonly alarms: boolean
  readonly boots: boolean
  /** Ids. */
  readonly automations: readonly string[]
  readonly tasks: readonly string[]
}

/**
 * `missed`: to a page that comes back, and from whose last id on not all is kept: everything is to be asked for anew. `here`: every 15 s, as
 * a network that swallows all closes nothing.
 */
export type PageNews = Changed | { readonly kind: 'missed' } | { readonly kind: 'here' } | { readonly kind: 'signed-out' }
