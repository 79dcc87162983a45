/** What is known about where a run was done; none of it enters the run's name. */
export interface HostFacts {
  readonly deno: string;
  readonly v8: string;
  readonly os: string;
  readonly architecture: string;
  readonly cores: number;
}

/** Facts of this process. */
export function hostFacts(): HostFacts {
  return {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: Deno.build.os,
    architecture: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
  };
}
