// Who this host is to its manager: its key, the certificate that it has now, and when that is to be renewed.
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { ManagerAddress } from '../../../manager/protocol/appliance.ts'
import type { AgentMessage } from '../../../manager/protocol/messages.ts'
import { MAX_RENEWAL_BYTES, renewed } from '../../../manager/protocol/renewal.ts'
import { certificateRequest } from '../certificate-request.ts'
import { enrol } from './enrol.ts'
import { ask, reasonIn } from './exec.ts'
import { type Identity, identityFrom } from './identity.ts'
import type { Kept } from './kept.ts'
import { openSocket } from './socket.ts'

type Enrol = AgentMessage & { readonly kind: 'enrol' }

export interface CredentialsOptions {
  readonly boot: { readonly attempt: string; readonly token: string }
  readonly claims: Pick<Enrol, 'systemUuid' | 'serial' | 'product' | 'macs'>
  /** From an agent before this one in the same boot. */
  readonly kept?: Kept | undefined
  /** From 0 to 1. */
  readonly random: () => number
  /** To speak from, where the machine has several addresses. */
  readonly localAddress?: string
}

export class Credentials {
  readonly #options: CredentialsOptions
  readonly #stop: AbortSignal
  readonly #onFresh: (identity: Identity) => void
  readonly #key: KeyObject
  #identity: Identity | undefined
  #renewAt = 0

  /** `onFresh`: of each that a manager has signed. */
  constructor(options: CredentialsOptions, stop: AbortSignal, onFresh: (identity: Identity) => void) {
    this.#options = options
    this.#stop = stop
    this.#onFresh = onFresh
    this.#key = options.kept?.identity.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    this.#identity = options.kept?.identity
    if (this.#identity) this.#renewAt = performance.now() + this.#patience(this.#identity)
  }

  /** Undefined before it has enrolled, and when it has to anew. */
  get identity(): Identity | undefined {
    return this.#identity
  }

  /** Milliseconds until it is to be renewed; negative: it is late. */
  left(): number {
    return this.#renewAt - performance.now()
  }

  /** A manager does not take it as it is. */
  refused(how: 'renew' | 'enrol'): void {
    if (how === 'renew') this.#renewAt = 0
    else this.#identity = undefined
  }

  async enrol(manager: ManagerAddress): Promise<Identity> {
    const { boot, claims, localAddress } = this.#options
    const socket = openSocket(manager, '/agent/enrol', { identity: undefined, localAddress, stop: this.#stop })
    const identity = this.#take(await enrol(socket, { kind: 'enrol', ...boot, ...claims, certificateRequest: this.#request() }))
    if (!identity) throw new Error('the answer to the enrolment has no certificate of this host')
    this.#identity = identity
    this.#onFresh(identity)
    return identity
  }

  /** An old certificate goes on to serve until it expires: a renewal that fails is tried again with the next connection. */
  async renew(manager: ManagerAddress, identity: Identity): Promise<void> {
    const body = JSON.stringify({ certificateRequest: this.#request() })
    const { localAddress } = this.#options
    const asking = { path: '/agent/renew', body, limit: MAX_RENEWAL_BYTES, localAddress, signal: this.#stop }
    const answered = await ask(manager, identity, asking)
    const { status, bytes } = answered
    if (status === 401 || status === 403) this.#identity = undefined
    if (status !== 200) throw new Error(`the certificate was not renewed: HTTP ${status} ${reasonIn(answered)}`)
    const parsed = renewed.safeParse(JSON.parse(bytes.toString('utf8')))
    const fresh = parsed.success ? this.#take(parsed.data.certificates) : undefined
    if (!fresh) throw new Error('the answer to the renewal has no certificate of this host')
    this.#identity = fresh
    this.#onFresh(fresh)
  }

  #request(): string {
    return certificateRequest(this.#key).toString('base64')
  }

  #take(certificates: readonly string[]): Identity | undefined {
    const identity = identityFrom(this.#key, certificates)
    if (identity) this.#renewAt = performance.now() + this.#patience(identity)
    return identity
  }

  /** Milliseconds until it is to be renewed, by a clock that does not jump: the host's own may be anything. */
  #patience({ certificates }: Identity): number {
    const { validFrom, validTo } = new X509Certificate(certificates)
    return Math.max(60_000, Date.parse(validTo) - Date.parse(validFrom)) * (0.3 + 0.2 * this.#options.random())
  }
}
