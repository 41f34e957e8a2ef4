import type { Language } from './sandbox.js';

/** What a model is asked. */
export interface CodeRequest {
  prompt: string;
  language: Language;
  /** Names only: environment variables that the code may read. No value leaves. */
  secretNames: string[];
  /** `name==version`: what the code may import. */
  packages: string[];
}

/** What a model wrote. */
export interface GeneratedCode {
  code: string;
  explanation: string;
}

/** `generation_refused`: the model will not; `generation_incomplete`: its answer was cut short or is none. */
export type GenerationFault = 'generation_refused' | 'generation_incomplete';

/** A model that writes code. */
export interface CodeModel {
  /**
   * @param onCode is handed what it writes of the code as it comes.
   * @throws Unavailable where it does not answer, or refuses the service; Overloaded where it is busy; the signal's reason.
   */
  generate(
    request: CodeRequest,
    signal: AbortSignal,
    onCode: (text: string) => void,
  ): Promise<{ ok: true; value: GeneratedCode } | { ok: false; fault: GenerationFault }>;
}
