// What a host's state lets be done with it. What follows on what is hosts/state.ts's to say.
import { HOST_STATES, type HostState } from '../protocol/host.ts'

/** Everybody else may only report. */
export function mayBeAsked(state: HostState): boolean {
  switch (state) {
    case 'approved':
    case 'booting':
    case 'up':
    case 'maintenance':
    case 'lost':
      return true
    case 'pending':
    case 'fenced':
    case 'rejected':
      return false
  }
}

export function parseHostState(text: string): HostState {
  const state = HOST_STATES.find((one) => one === text)
  if (!state) throw new Error(`the store holds a host state "${text}" that this hostless does not know: start the newer hostless`)
  return state
}
