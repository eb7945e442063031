import type { Language } from '../shared/language.ts';
import type { QueueState } from '../shared/queue.ts';

const labels = {
  file: { en: 'File', de: 'Datei', zh: '文件' },
  openPhotos: { en: 'Open Photos…', de: 'Fotos öffnen …', zh: '打开照片…' },
  openFolder: { en: 'Open Folder…', de: 'Ordner öffnen …', zh: '打开文件夹…' },
  outputFolder: { en: 'Choose a Folder for the Results', de: 'Ordner für die Ergebnisse wählen', zh: '选择结果文件夹' },
  openReference: { en: 'Choose a Photo to Measure Against', de: 'Foto wählen, an dem gemessen wird', zh: '选择用作参照的照片' },
  referenceFolder: { en: 'Choose a Folder of References', de: 'Ordner mit Referenzen wählen', zh: '选择参照图文件夹' },
  importModels: { en: 'Choose Model Files', de: 'Modelldateien wählen', zh: '选择模型文件' },
  modelFolder: { en: 'Choose a Folder of Stable Diffusion', de: 'Ordner von Stable Diffusion wählen', zh: '选择 Stable Diffusion 文件夹' },
  photos: { en: 'Photos', de: 'Fotos', zh: '照片' },
  settings: { en: 'Settings', de: 'Einstellungen', zh: '设置' },
  edit: { en: 'Edit', de: 'Bearbeiten', zh: '编辑' },
  view: { en: 'View', de: 'Ansicht', zh: '视图' },
  library: { en: 'Library', de: 'Bibliothek', zh: '图库' },
  queue: { en: 'Queue', de: 'Warteschlange', zh: '队列' },
  models: { en: 'Models', de: 'Modelle', zh: '模型' },
  pause: { en: 'Pause After This Photo', de: 'Nach diesem Foto anhalten', zh: '当前照片完成后暂停' },
  resume: { en: 'Resume', de: 'Fortsetzen', zh: '继续' },
  window: { en: 'Window', de: 'Fenster', zh: '窗口' },
  help: { en: 'Help', de: 'Hilfe', zh: '帮助' },
  guide: { en: 'Onestep Help', de: 'Onestep-Hilfe', zh: 'Onestep 帮助' },
  about: { en: 'About Onestep', de: 'Über Onestep', zh: '关于 Onestep' },
  paper: { en: 'The Paper Behind the Model', de: 'Der Artikel hinter dem Modell', zh: '模型背后的论文' },
  noPhotos: { en: 'There are no photos in what was chosen', de: 'In der Auswahl sind keine Fotos', zh: '所选内容中没有照片' },
  queuePaused: { en: 'The queue is paused', de: 'Die Warteschlange ist angehalten', zh: '队列已暂停' },
  finished: { en: 'Enhancing has finished', de: 'Verbessern abgeschlossen', zh: '增强已完成' },
} as const satisfies Record<string, Record<Language, string>>;

export type Label = keyof typeof labels;
export type Words = (label: Label) => string;

export const wordsIn =
  (language: Language): Words =>
  (label) =>
    labels[label][language];

/** What became of a batch, in a sentence. */
export function outcome(language: Language, { done, skipped, failed }: Pick<QueueState['counts'], 'done' | 'skipped' | 'failed'>): string {
  const part = (count: number, text: string): string => (count === 0 ? '' : text);
  const sentences: Record<Language, string> = {
    en: `${done} done${part(skipped, `, ${skipped} skipped`)}${part(failed, `, ${failed} failed`)}.`,
    de: `${done} fertig${part(skipped, `, ${skipped} ausgelassen`)}${part(failed, `, ${failed} fehlgeschlagen`)}.`,
    zh: `完成 ${done} 张${part(skipped, `，跳过 ${skipped} 张`)}${part(failed, `，失败 ${failed} 张`)}。`,
  };
  return sentences[language];
}

/** How much was added to a queue that stands still. */
export function waiting(language: Language, photos: number): string {
  const sentences: Record<Language, string> = {
    en: `${photos} more waiting.`,
    de: `${photos} weitere warten.`,
    zh: `又有 ${photos} 张在等待。`,
  };
  return sentences[language];
}
