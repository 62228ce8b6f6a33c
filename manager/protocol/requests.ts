// What a manager may ask of an agent, and the answers: closed unions, one request a file in images/agent/requests. Append-only; a
// request is only sent to an agent whose version knows it.
import { z } from 'zod'
import { problems, sectionName } from './inventory.ts'
import { fileSystemScanned, scanFileSystem } from './requests/scan-file-system.ts'
import { bytes, count, iscsiName, list, record, word } from './values.ts'

/** Address and port of an iSCSI target, as its sessions show it: `10.77.0.1:3260`, `[fd00::1]:3260`. */
export const portal = z
  .string()
  .max(64)
  .regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]):[1-9]\d{0,4}$/, 'is no ADDRESS:PORT')

/** RFC 1994. Printable ASCII without blanks: what open-iscsi keeps unchanged. */
export const chap = record({
  user: z
    .string()
    .max(223)
    .regex(/^[\x21-\x7e]+$/, 'is not printable ASCII without blanks'),
  password: z
    .string()
    .max(255)
    .regex(/^[\x21-\x7e]+$/, 'is not printable ASCII without blanks'),
})

/** SHA-256, hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256')

/** UTF-16 units of the site's properties. */
export const MAX_PROPERTIES_TEXT = 1 << 16

/** Reads these sections anew; what changed goes out as a delta before the answer. */
const collect = record({ kind: z.literal('collect'), sections: list(sectionName, 64) })

/** Sessions with this target, or with all that the portal offers to `initiator`. Those that are there stay as they are. */
const connectIscsi = record({
  kind: z.literal('connect-iscsi'),
  initiator: iscsiName,
  portal,
  target: iscsiName.exactOptional(),
  chap: chap.exactOptional(),
})

/** No session any more with this target, or with any at the portal. Refused while something on the host uses a LUN of it. */
const disconnectIscsi = record({ kind: z.literal('disconnect-iscsi'), portal, target: iscsiName.exactOptional() })

/** The site's properties are these and no others: text as in images/agent/properties. */
const setProperties = record({ kind: z.literal('set-properties'), text: z.string().max(MAX_PROPERTIES_TEXT) })

/** Fetch this bundle from `GET /agent/bundle`, check it and let it take this agent's place. */
const upgrade = record({ kind: z.literal('upgrade'), version: word(64), sha256, size: bytes.max(32 << 20) })

export const requestBody = z.discriminatedUnion('kind', [collect, connectIscsi, disconnectIscsi, setProperties, upgrade, scanFileSystem])

/** The version of the protocol that has brought a request. */
export const SINCE: { readonly [Kind in RequestBody['kind']]: number } = {
  collect: 1,
  'connect-iscsi': 2,
  'disconnect-iscsi': 2,
  'set-properties': 2,
  upgrade: 2,
  'scan-file-system': 3,
}

/** The revision that the host is at after it, and what is wrong with the sections asked for. */
const collected = record({ kind: z.literal('collected'), revision: count, problems })
/** Not done, and foreseen. `stale-epoch`: this agent has heard a newer manager; `busy`: ask again later. */
const refused = record({ kind: z.literal('refused'), cause: z.enum(['stale-epoch', 'busy', 'unable']), reason: word(512) })
/** The sessions that there are now. `missing`: portals of these targets that could not be reached, and why. */
const iscsiConnected = record({
  kind: z.literal('iscsi-connected'),
  sessions: list(record({ target: iscsiName, portal: word(128), fresh: z.boolean() }), 1024),
  missing: list(word(512), 64),
})
/** The targets whose sessions were ended; none when there was no session. */
const iscsiDisconnected = record({ kind: z.literal('iscsi-disconnected'), targets: list(iscsiName, 1024) })
const propertiesSet = record({ kind: z.literal('properties-set'), count })
/** `handing-over`: the connection ends and the new version comes back; `running`: it runs already. */
const upgraded = record({ kind: z.literal('upgraded'), state: z.enum(['handing-over', 'running']) })

export const answerBody = z.discriminatedUnion('kind', [
  collected,
  refused,
  iscsiConnected,
  iscsiDisconnected,
  propertiesSet,
  upgraded,
  fileSystemScanned,
])

export type RequestBody = z.output<typeof requestBody>
export type RequestOf<Kind extends RequestBody['kind']> = Extract<RequestBody, { readonly kind: Kind }>
export type AnswerBody = z.output<typeof answerBody>
export type Chap = z.output<typeof chap>
