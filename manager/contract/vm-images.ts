// Images of guests' disks, and kernels that guests boot by. Append-only within /api/v1. Sizes are bytes, times milliseconds since the epoch. A file comes in pieces, so
// that none of them is long under way; no path of the manager's own machine is ever taken, or whoever may ask could read its files.
import { z } from 'zod'
import { imageName } from '../protocol/guest-kernel.ts'
import { NO_CONTENT, NOTHING, octets, operation } from './operation.ts'
import { POOL } from './target.ts'

/** Bytes of a piece at most. */
export const PIECE_BYTES = 4 << 20

const reference = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'is neither a name nor an id of an image')
const notes = z.string().max(4096)

const check = z.object({
  state: z.enum(['running', 'good', 'damaged']),
  /** Of what is damaged, at most some. */
  findings: z.array(z.string()),
  at: z.number(),
})

const vmImage = z
  .object({
    /** The hash of the list of its blocks. */
    id: z.string(),
    /** Missing: it is there, and nothing names it; `remove` takes its id. */
    name: z.string().optional(),
    /** `kernel`: guests boot by it; `initrd`: one whose kernel has lost its name; `disk`: disks are made of it. */
    kind: z.enum(['disk', 'kernel', 'initrd']),
    /** That goes with a kernel. */
    initrd: z.object({ id: z.string(), sizeBytes: z.number() }).optional(),
    sizeBytes: z.number(),
    /** Of its blocks that are not zero; of a kernel and its initrd all. */
    keptBytes: z.number(),
    /** What it was made of: raw, qcow2 or kernel. */
    format: z.string().optional(),
    notes: z.string(),
    added: z.number().optional(),
    by: z.string().optional(),
    /** Guests whose disks are made of it, or whose specs name it as what they boot by. */
    users: z.array(z.string()),
    /** False: its name is known, and its content is not there. */
    present: z.boolean(),
    /** Since this manager runs. */
    check: check.optional(),
  })
  .meta({ id: 'VmImage' })

const upload = z
  .object({
    id: z.string(),
    name: z.string(),
    sizeBytes: z.number(),
    state: z.enum(['receiving', 'importing', 'done', 'failed']),
    receivedBytes: z.number(),
    /** Of importing. */
    doneBytes: z.number(),
    /** Of what it becomes, once it is that. */
    image: z.string().optional(),
    /** Why it failed. */
    reason: z.string().optional(),
  })
  .meta({ id: 'VmImageUpload' })

const ofImage = z.strictObject({ ref: reference })
const ofUpload = z.strictObject({ id: z.string().regex(/^[a-z0-9]{16}$/, 'is no id of an upload') })

export const vmImages = {
  list: operation({
    http: 'GET /vm-images',
    role: 'viewer',
    summary: 'The images that guests’ disks are made of, and the kernels that guests boot by',
    input: NOTHING,
    output: z.object({ images: z.array(vmImage) }),
  }),
  show: operation({
    http: 'GET /vm-images/:ref',
    role: 'viewer',
    summary: 'One of them, by its name or the beginning of its id',
    input: ofImage,
    output: vmImage,
  }),
  remove: operation({
    http: 'DELETE /vm-images/:ref',
    role: 'operator',
    summary: 'Take a name away, and with its last name the image; refused while guests’ disks are made of it, or a guest’s spec names it',
    input: ofImage,
    output: NO_CONTENT,
    on: () => POOL,
    did: ({ ref }) => `remove image ${ref}`,
  }),
  verify: operation({
    http: 'POST /vm-images/:ref/verify',
    role: 'operator',
    status: 202,
    summary: 'Begin to read all of it and compare every block with its hash; `check` of the image says how that went',
    input: ofImage,
    output: vmImage,
    on: () => POOL,
    did: ({ ref }) => `verify image ${ref}`,
  }),
}

export const vmImageUploads = {
  begin: operation({
    http: 'POST /vm-image-uploads',
    role: 'operator',
    status: 201,
    summary:
      'Begin to send a file that becomes an image: a disk, raw or qcow2, which its first bytes tell unless `format` does; or, by that, a kernel',
    input: z.strictObject({
      name: imageName,
      sizeBytes: z.int().min(1),
      format: z.enum(['raw', 'qcow2', 'kernel']).optional(),
      /** Of a kernel: so many of the first bytes are it, and those behind them its initrd; left out: all, and it has none. */
      kernelBytes: z.int().min(1).optional(),
      notes: notes.default(''),
    }),
    output: upload,
    on: () => POOL,
    did: ({ name, sizeBytes, format }) =>
      `begin to add ${format === 'kernel' ? 'kernel' : 'image'} ${name} of a file of ${sizeBytes} bytes`,
  }),
  piece: operation({
    http: 'PUT /vm-image-uploads/:id/content',
    role: 'operator',
    summary: 'Send a piece of it, in any order and as often as need be; what is never sent is zero',
    input: ofUpload.extend({ at: z.coerce.number<number | string>().int().min(0), octets }),
    output: upload,
    on: () => POOL,
    takes: 'octets',
    limit: PIECE_BYTES,
  }),
  finish: operation({
    http: 'POST /vm-image-uploads/:id/finish',
    role: 'operator',
    status: 202,
    summary: 'All was sent, so many bytes in all: make it an image; the upload says how far that is',
    input: ofUpload.extend({ sentBytes: z.int().min(0) }),
    output: upload,
    on: () => POOL,
    did: ({ id }) => `add the image of upload ${id}`,
  }),
  show: operation({
    http: 'GET /vm-image-uploads/:id',
    role: 'operator',
    summary: 'How far a file is that becomes an image',
    input: ofUpload,
    output: upload,
  }),
  abandon: operation({
    http: 'DELETE /vm-image-uploads/:id',
    role: 'operator',
    summary: 'Give it up: nothing of it is kept',
    input: ofUpload,
    output: NO_CONTENT,
    on: () => POOL,
    did: ({ id }) => `give up upload ${id}`,
  }),
}

export type VmImage = z.output<typeof vmImage>
export type VmImageUpload = z.output<typeof upload>
