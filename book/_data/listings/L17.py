# document 003, section 4.2
import torch
import torch.optim as optim

# 定义一个简单的线性模型
class LinearModel(torch.nn.Module):
    def __init__(self):
        super(LinearModel, self).__init__()
        self.linear = torch.nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x)

# 初始化模型和损失函数
model = LinearModel()
criterion = torch.nn.MSELoss()

# 初始化参数
learning_rate = 0.01
momentum = 0.9

# 初始化动量
v = torch.zeros(model.parameters())

# 训练模型
optimizer = optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
for epoch in range(1000):
    optimizer.zero_grad()
    y_pred = model(x)
    loss = criterion(y_pred, y)
    loss.backward()
    v = momentum * v - learning_rate * model.parameters()
    model.parameters().copy_(v)
