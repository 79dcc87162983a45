// The newest tokens up to the budget, the same for every KV head. A beginning: change what
// `kvpim_describe` asks for and what `kvpim_select` returns.
#include "kvpim.h"

struct kvpim_session {
  uint32_t heads, budget, tokens;
  uint32_t *offsets, *visible;
};

bool kvpim_describe(const kvpim_list_parameter_value *parameters, kvpim_description *result,
                    kvpim_policy_error *error) {
  if (parameters->length != 0) {
    error->tag = KVPIM_POLICY_ERROR_PARAMETER_COUNT;
    error->value.parameter_count = (kvpim_length_mismatch){0, parameters->length};
    return false;
  }
  result->name = KVPIM_STRING("my-policy");
  result->version = KVPIM_STRING("0.1.0");
  result->summary = KVPIM_STRING("The newest tokens.");
  result->budget.tag = KVPIM_BUDGET_BINDING_HARD;
  return true;
}

bool kvpim_open(const kvpim_config *config, kvpim_session **result, kvpim_policy_error *error) {
  if (config->head_dim % 4 != 0) {
    error->tag = KVPIM_POLICY_ERROR_UNSUPPORTED_SHAPE;
    return false;
  }
  kvpim_session *self = kvpim_allocate(sizeof *self);
  self->heads = config->kv_heads;
  self->budget = config->budget;
  self->offsets = kvpim_allocate((self->heads + 1) * sizeof(uint32_t));
  self->visible = kvpim_allocate(self->heads * self->budget * sizeof(uint32_t));
  *result = self;
  return true;
}

void kvpim_destroy(kvpim_session *self) {
  kvpim_free(self->offsets);
  kvpim_free(self->visible);
  kvpim_free(self);
}

bool kvpim_prefill(kvpim_session *self, const kvpim_token_block *tokens,
                   kvpim_policy_error *error) {
  self->tokens += tokens->count;
  return true;
}

bool kvpim_end_prefill(kvpim_session *self, const kvpim_observation *weights, kvpim_update *result,
                       kvpim_policy_error *error) {
  return true;
}

bool kvpim_append(kvpim_session *self, const kvpim_token_block *tokens, kvpim_update *result,
                  kvpim_policy_error *error) {
  self->tokens += tokens->count;
  return true;
}

bool kvpim_select(kvpim_session *self, const kvpim_step *step, kvpim_selection *result,
                  kvpim_policy_error *error) {
  uint32_t kept = self->tokens < self->budget ? self->tokens : self->budget, at = 0;
  for (uint32_t head = 0; head < self->heads; head++) {
    self->offsets[head] = at;
    for (uint32_t i = 0; i < kept; i++) self->visible[at++] = self->tokens - kept + i;
  }
  self->offsets[self->heads] = at;
  result->visible.tag = KVPIM_VISIBLE_ONLY;
  result->visible.value.only.per = KVPIM_HEAD_UNIT_KV_HEAD;
  result->visible.value.only.offsets = (kvpim_list_u32){self->offsets, self->heads + 1};
  result->visible.value.only.tokens = (kvpim_list_u32){self->visible, at};
  return true;
}

bool kvpim_observe(kvpim_session *self, const kvpim_observation *weights, kvpim_update *result,
                   kvpim_policy_error *error) {
  return true;
}
