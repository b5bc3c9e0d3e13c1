import { OrchestrationApiError } from "./errors.ts";

/** The outer shapes of answers. */

/** The answer is JSON, but not what was agreed. `statusCode` is 0, as published. */
export function shapeError(what: string): OrchestrationApiError {
  return new OrchestrationApiError(`The market answered in another shape: ${what}.`, {
    code: "INVALID_RESPONSE_SHAPE",
    statusCode: 0,
    hint: "Check that orchestrationUrl (PEAQOS_ORCHESTRATION_URL) is a market this client knows.",
  });
}

/** An object that is no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{ item }`. @throws OrchestrationApiError `INVALID_RESPONSE_SHAPE`. */
export function assertItemResponse(data: unknown): asserts data is { item: unknown } {
  if (!isObject(data) || !("item" in data)) throw shapeError("an object with item was expected");
}

/** `{ items, nextCursor? }`. @throws OrchestrationApiError `INVALID_RESPONSE_SHAPE`. */
export function assertListResponse(
  data: unknown,
): asserts data is { items: unknown[]; nextCursor?: string | null } {
  if (!isObject(data) || !Array.isArray(data.items)) throw shapeError("an object with items was expected");
  const cursor = data.nextCursor;
  if (cursor !== undefined && cursor !== null && typeof cursor !== "string")
    throw shapeError("nextCursor is neither text nor null");
}

/** `{ error: { code, message } }`. @throws OrchestrationApiError `INVALID_RESPONSE_SHAPE`. */
export function assertErrorResponse(
  data: unknown,
): asserts data is { error: { code: string; message: string; details?: unknown; requestId?: unknown } } {
  const error = isObject(data) ? data.error : undefined;
  if (!isObject(error) || typeof error.code !== "string" || typeof error.message !== "string")
    throw shapeError("an error with code and message was expected");
}

/** `{ order, execution }`, native or handed off. @throws OrchestrationApiError `INVALID_RESPONSE_SHAPE`. */
export function assertExecuteResponse(data: unknown): void {
  if (!isObject(data) || !isObject(data.order)) throw shapeError("order is missing");
  const { execution } = data;
  if (!isObject(execution)) throw shapeError("execution is missing");
  if (execution.statusCode === 200) {
    if (!isObject(execution.run)) throw shapeError("execution.run is missing");
    if (!isObject(execution.outcome)) throw shapeError("execution.outcome is missing");
    return;
  }
  if (execution.statusCode !== 202) throw shapeError("execution.statusCode is neither 200 nor 202");
  const { handoff } = execution;
  if (!isObject(handoff) || typeof handoff.label !== "string" || typeof handoff.url !== "string")
    throw shapeError("execution.handoff needs label and url");
}
