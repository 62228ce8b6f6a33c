// What is told of images while something is done with them.

export interface Amount {
  /** Bytes. */
  readonly done: number
  readonly total: number
}

type Ended = { readonly kind: 'done' } | { readonly kind: 'failed' | 'cancelled'; readonly reason: string }

/** Of a file that becomes an image. */
export interface UploadNews {
  readonly kind: 'upload'
  readonly id: string
  /** Of the image. */
  readonly name: string
  readonly by: string
  readonly stage: ({ readonly kind: 'under way'; readonly phase: 'receive' | 'import' } & Amount) | Ended
}

/** Of an image that is read through. */
export interface CheckNews {
  readonly kind: 'check'
  /** Its id. */
  readonly image: string
  readonly name: string
  readonly by: string
  readonly stage: { readonly kind: 'queued' | 'begun' } | ({ readonly kind: 'under way'; readonly phase: 'read' } & Amount) | Ended
}

export type ImageNews = UploadNews | CheckNews
