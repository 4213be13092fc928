import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';

/** A mutation, say, where the schema has none: graphql-js finds out when it executes, and then says so without a code. */
export function KnownOperationTypesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new GraphQLError(`This schema has no ${node.operation}.`, { nodes: node }));
    },
  };
}
