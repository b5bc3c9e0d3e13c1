import { API_BASE_PATH } from "./constants.ts";

/** Base URL, `/api/v1`, path and query; one slash at the end of the base is dropped, a path of the base stays. */
export function buildOrchestrationUrl(
  baseUrl: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): string {
  const search = new URLSearchParams(query).toString();
  const from = path.startsWith("/") ? path : `/${path}`;
  return `${baseUrl.replace(/\/$/, "")}${API_BASE_PATH}${from}${search === "" ? "" : `?${search}`}`;
}

/** A path of the operation table with its parameters in place, each percent-encoded. */
export function fillPath(template: string, params: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}
