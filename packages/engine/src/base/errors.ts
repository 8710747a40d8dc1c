/**
 * Everything a client may see. Who may retry is the `retry` column, never a guess from text:
 * `statement` and `transaction` name the smallest thing that may be run again as it was.
 *
 * Codes: PostgreSQL 15, Appendix A.
 */
export const sqlStates = {
  successful_completion: { code: "00000", retry: "never" },
  warning: { code: "01000", retry: "never" },
  connection_exception: { code: "08000", retry: "never" },
  connection_failure: { code: "08006", retry: "never" },
  protocol_violation: { code: "08P01", retry: "never" },
  feature_not_supported: { code: "0A000", retry: "never" },
  case_not_found: { code: "20000", retry: "never" },
  cardinality_violation: { code: "21000", retry: "never" },
  data_exception: { code: "22000", retry: "never" },
  string_data_right_truncation: { code: "22001", retry: "never" },
  null_value_not_allowed: { code: "22004", retry: "never" },
  numeric_value_out_of_range: { code: "22003", retry: "never" },
  invalid_datetime_format: { code: "22007", retry: "never" },
  datetime_field_overflow: { code: "22008", retry: "never" },
  invalid_time_zone_displacement_value: { code: "22009", retry: "never" },
  substring_error: { code: "22011", retry: "never" },
  division_by_zero: { code: "22012", retry: "never" },
  invalid_preceding_or_following_size: { code: "22013", retry: "never" },
  invalid_argument_for_ntile_function: { code: "22014", retry: "never" },
  interval_field_overflow: { code: "22015", retry: "never" },
  invalid_argument_for_nth_value_function: { code: "22016", retry: "never" },
  invalid_character_value_for_cast: { code: "22018", retry: "never" },
  invalid_use_of_escape_character: { code: "2200C", retry: "never" },
  invalid_escape_character: { code: "22019", retry: "never" },
  invalid_regular_expression: { code: "2201B", retry: "never" },
  invalid_argument_for_logarithm: { code: "2201E", retry: "never" },
  invalid_argument_for_power_function: { code: "2201F", retry: "never" },
  invalid_argument_for_width_bucket_function: { code: "2201G", retry: "never" },
  invalid_row_count_in_limit_clause: { code: "2201W", retry: "never" },
  invalid_row_count_in_result_offset_clause: { code: "2201X", retry: "never" },
  character_not_in_repertoire: { code: "22021", retry: "never" },
  invalid_parameter_value: { code: "22023", retry: "never" },
  invalid_escape_sequence: { code: "22025", retry: "never" },
  array_subscript_error: { code: "2202E", retry: "never" },
  zero_length_character_string: { code: "2200F", retry: "never" },
  duplicate_json_object_key_value: { code: "22030", retry: "never" },
  invalid_json_text: { code: "22032", retry: "never" },
  invalid_text_representation: { code: "22P02", retry: "never" },
  invalid_binary_representation: { code: "22P03", retry: "never" },
  bad_copy_file_format: { code: "22P04", retry: "never" },
  untranslatable_character: { code: "22P05", retry: "never" },
  integrity_constraint_violation: { code: "23000", retry: "never" },
  not_null_violation: { code: "23502", retry: "never" },
  foreign_key_violation: { code: "23503", retry: "never" },
  unique_violation: { code: "23505", retry: "never" },
  check_violation: { code: "23514", retry: "never" },
  invalid_cursor_state: { code: "24000", retry: "never" },
  invalid_transaction_state: { code: "25000", retry: "never" },
  active_sql_transaction: { code: "25001", retry: "never" },
  read_only_sql_transaction: { code: "25006", retry: "never" },
  no_active_sql_transaction: { code: "25P01", retry: "never" },
  in_failed_sql_transaction: { code: "25P02", retry: "never" },
  idle_in_transaction_session_timeout: { code: "25P03", retry: "never" },
  invalid_sql_statement_name: { code: "26000", retry: "never" },
  invalid_authorization_specification: { code: "28000", retry: "never" },
  invalid_password: { code: "28P01", retry: "never" },
  dependent_objects_still_exist: { code: "2BP01", retry: "never" },
  invalid_cursor_name: { code: "34000", retry: "never" },
  invalid_savepoint_specification: { code: "3B001", retry: "never" },
  invalid_catalog_name: { code: "3D000", retry: "never" },
  invalid_schema_name: { code: "3F000", retry: "never" },
  serialization_failure: { code: "40001", retry: "transaction" },
  statement_completion_unknown: { code: "40003", retry: "never" },
  deadlock_detected: { code: "40P01", retry: "transaction" },
  syntax_error_or_access_rule_violation: { code: "42000", retry: "never" },
  insufficient_privilege: { code: "42501", retry: "never" },
  syntax_error: { code: "42601", retry: "never" },
  invalid_name: { code: "42602", retry: "never" },
  invalid_column_definition: { code: "42611", retry: "never" },
  name_too_long: { code: "42622", retry: "never" },
  duplicate_column: { code: "42701", retry: "never" },
  ambiguous_column: { code: "42702", retry: "never" },
  undefined_column: { code: "42703", retry: "never" },
  undefined_object: { code: "42704", retry: "never" },
  duplicate_object: { code: "42710", retry: "never" },
  duplicate_alias: { code: "42712", retry: "never" },
  duplicate_function: { code: "42723", retry: "never" },
  ambiguous_function: { code: "42725", retry: "never" },
  grouping_error: { code: "42803", retry: "never" },
  datatype_mismatch: { code: "42804", retry: "never" },
  wrong_object_type: { code: "42809", retry: "never" },
  invalid_foreign_key: { code: "42830", retry: "never" },
  cannot_coerce: { code: "42846", retry: "never" },
  undefined_function: { code: "42883", retry: "never" },
  generated_always: { code: "428C9", retry: "never" },
  reserved_name: { code: "42939", retry: "never" },
  undefined_table: { code: "42P01", retry: "never" },
  undefined_parameter: { code: "42P02", retry: "never" },
  duplicate_cursor: { code: "42P03", retry: "never" },
  duplicate_database: { code: "42P04", retry: "never" },
  duplicate_prepared_statement: { code: "42P05", retry: "never" },
  duplicate_schema: { code: "42P06", retry: "never" },
  duplicate_table: { code: "42P07", retry: "never" },
  ambiguous_parameter: { code: "42P08", retry: "never" },
  ambiguous_alias: { code: "42P09", retry: "never" },
  invalid_column_reference: { code: "42P10", retry: "never" },
  invalid_cursor_definition: { code: "42P11", retry: "never" },
  invalid_database_definition: { code: "42P12", retry: "never" },
  invalid_function_definition: { code: "42P13", retry: "never" },
  invalid_prepared_statement_definition: { code: "42P14", retry: "never" },
  invalid_schema_definition: { code: "42P15", retry: "never" },
  invalid_table_definition: { code: "42P16", retry: "never" },
  invalid_object_definition: { code: "42P17", retry: "never" },
  indeterminate_datatype: { code: "42P18", retry: "never" },
  invalid_recursion: { code: "42P19", retry: "never" },
  windowing_error: { code: "42P20", retry: "never" },
  collation_mismatch: { code: "42P21", retry: "never" },
  indeterminate_collation: { code: "42P22", retry: "never" },
  with_check_option_violation: { code: "44000", retry: "never" },
  insufficient_resources: { code: "53000", retry: "statement" },
  disk_full: { code: "53100", retry: "never" },
  out_of_memory: { code: "53200", retry: "never" },
  too_many_connections: { code: "53300", retry: "statement" },
  configuration_limit_exceeded: { code: "53400", retry: "never" },
  program_limit_exceeded: { code: "54000", retry: "never" },
  statement_too_complex: { code: "54001", retry: "never" },
  too_many_columns: { code: "54011", retry: "never" },
  too_many_arguments: { code: "54023", retry: "never" },
  object_not_in_prerequisite_state: { code: "55000", retry: "never" },
  object_in_use: { code: "55006", retry: "never" },
  cant_change_runtime_param: { code: "55P02", retry: "never" },
  lock_not_available: { code: "55P03", retry: "never" },
  query_canceled: { code: "57014", retry: "never" },
  admin_shutdown: { code: "57P01", retry: "never" },
  crash_shutdown: { code: "57P02", retry: "never" },
  cannot_connect_now: { code: "57P03", retry: "statement" },
  io_error: { code: "58030", retry: "never" },
  internal_error: { code: "XX000", retry: "never" },
  data_corrupted: { code: "XX001", retry: "never" },
} as const satisfies Record<string, { code: string; retry: "never" | "statement" | "transaction" }>;

export type SqlCondition = keyof typeof sqlStates;

export interface SqlErrorFields {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based character (not byte) position in the statement text. */
  readonly position?: number | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  readonly where?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that a client sees: a condition, and a message in the user's words, as PostgreSQL
 * would put it. Recognised across threads and peers by `condition`, never by class or text.
 */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly condition: SqlCondition;
  readonly fields: SqlErrorFields;

  constructor(condition: SqlCondition, message: string, fields: SqlErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.condition = condition;
    this.fields = fields;
  }

  get code(): string {
    return sqlStates[this.condition].code;
  }

  /** The same error with more known about it; what was already set stays. */
  with(fields: SqlErrorFields): SqlError {
    return new SqlError(this.condition, this.message, { ...fields, ...this.fields });
  }
}

export function isSqlError(error: unknown): error is SqlError {
  return error instanceof SqlError;
}

/** For a statement or feature that PostgreSQL has and HoloFusion does not yet. */
export function notSupported(feature: string, fields: SqlErrorFields = {}): SqlError {
  return new SqlError("feature_not_supported", `${feature} is not supported`, fields);
}
