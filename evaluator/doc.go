// Package evaluator answers the engine's questions with a policy pack written in Rego.
//
// Check takes the files of a pack through the gates and makes a Policy of it; an Evaluator serves one or several of them:
//
//	files ─Check→ *Policy ─Add→ *Evaluator ─Decide→ engine.Decision
//
// What the daemon knows, facts and answers, is said once, by the types and tags of package engine: the gates compare a
// pack with it, the vector of a question (vector.go) and the answers (answer.go) are derived from it. A Policy is immutable.
package evaluator
