# document 004, section 4.1
# 在线梯度下降
for epoch in range(num_epochs):
    for x, y in dataset:
        loss = loss_function(y_pred, y)
        gradient = grad_function(loss)
        model.update_parameters(-learning_rate * gradient)
