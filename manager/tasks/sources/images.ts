// Files that become images of guests' disks, and images that are read through, as tasks.
import type { CheckNews, ImageNews, UploadNews } from '../../vm-images/news.ts'
import type { VmImages } from '../../vm-images/service.ts'
import type { KeptTask, KeptTasks } from '../kept.ts'

export interface ImageSource extends Pick<VmImages, 'subscribe'> {
  readonly checks: Pick<VmImages['checks'], 'cancel'>
  readonly uploads: Pick<VmImages['uploads'], 'cancel'>
}

/** Until the function that it returns is called. */
export function keepImageTasks(images: ImageSource, kept: Pick<KeptTasks, 'begin'>): () => void {
  const open = new Map<string, KeptTask>()
  const beginUpload = ({ id, name, by }: UploadNews): KeptTask => {
    const ending = { cancel: (who: string) => images.uploads.cancel(id, who) }
    const task = kept.begin({ kind: 'image-add', what: `add image ${name}`, on: [`image ${name}`], who: by, ending })
    task.start()
    return task
  }
  const beginCheck = ({ image, name, by }: CheckNews): KeptTask => {
    const ending = { cancel: (who: string) => images.checks.cancel(image, who) }
    return kept.begin({ kind: 'image-check', what: `verify image ${name}`, on: [`image ${name}`], who: by, ending })
  }
  return images.subscribe((news) => {
    const key = news.kind === 'upload' ? `upload ${news.id}` : `check ${news.image}`
    const task = open.get(key) ?? (news.kind === 'upload' ? beginUpload(news) : beginCheck(news))
    if (tell(task, news) === 'open') open.set(key, task)
    else open.delete(key)
  })
}

function tell(task: KeptTask, { stage }: ImageNews): 'open' | 'ended' {
  switch (stage.kind) {
    case 'queued':
      return 'open'
    case 'begun':
      task.start()
      return 'open'
    case 'under way':
      task.progress({ phase: stage.phase, done: stage.done, total: stage.total, unit: 'bytes' })
      return 'open'
    case 'done':
      task.end({ state: 'done' })
      return 'ended'
    case 'failed':
    case 'cancelled':
      task.end({ state: stage.kind, reason: stage.reason })
      return 'ended'
  }
}
